"""Past issues of a bulletin, in whatever format they lie about: read into items, kept as what was published before this desk, drafted as sections."""

from pipeline.exchange.bulletins.draft import draft
from pipeline.exchange.bulletins.keeping import issue_line, keep
from pipeline.exchange.bulletins.reading import READERS, Issue, files, read

__all__ = ["READERS", "Issue", "draft", "files", "issue_line", "keep", "read"]
