"""The desk of the curators and the public pages. A GET or HEAD changes nothing; what is decided here, the store and the rules decide."""

from pipeline.web.app import create_app

__all__ = ["create_app"]
