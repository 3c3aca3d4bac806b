"""The corridor from accepted items to files and deliveries: build a draft, freeze it, release it, send it."""

from pipeline.publish.editions import build, freeze, release
from pipeline.publish.post import send, send_test

__all__ = ["build", "freeze", "release", "send", "send_test"]
