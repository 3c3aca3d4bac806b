"""Pages that stand for a feed: video channels, playlists and podcast directories. Knows their addresses and where they name the feed."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from pipeline import urls
from pipeline.model import Page

FEED = "https://www.youtube.com/feeds/videos.xml?"

_YOUTUBE = ("youtube.com", "m.youtube.com")
_CHANNEL = re.compile(r"/channel/(UC[\w-]{22})(?:/|$)")
_PLAYLIST = re.compile(r"[\w-]{10,64}")
_NAMED = re.compile(
    rb"""(?:channel_id=|youtube\.com/channel/|"(?:externalId|channelId|browseId)"\s*:\s*"|itemprop="(?:identifier|channelId)"\s+content=")(UC[\w-]{22})"""
)
_APPLE = re.compile(r"/(?:[a-z]{2}/)?podcast/(?:[^/]+/)?id(\d{5,12})/?")
_SEARCHED = 3_000_000  # bytes; a channel page names itself in its first two megabytes


def feed_address(url: str) -> str:
    """Give the feed of a channel, playlist or podcast page where its address alone tells it; any other address as it is."""
    host, parts = urls.host(url), urlsplit(url) if urls.is_web(url) else None
    if parts is None:
        return url
    if host in _YOUTUBE:
        playlist = parse_qs(parts.query).get("list", [""])[0] if parts.path == "/playlist" else ""
        if channel := _CHANNEL.match(parts.path):
            return f"{FEED}channel_id={channel[1]}"
        return f"{FEED}playlist_id={playlist}" if _PLAYLIST.fullmatch(playlist) else url
    if host == "podcasts.apple.com" and (podcast := _APPLE.fullmatch(parts.path)):
        return f"https://itunes.apple.com/lookup?id={podcast[1]}&entity=podcast"
    return url


def channel_feed(page: Page) -> str | None:
    """Give the feed that a video channel's page stands for, read from the page. `None` for every other page."""
    if urls.host(page.url) not in _YOUTUBE or urlsplit(page.url).path.startswith("/feeds/"):
        return None
    told = feed_address(page.url)
    found = _NAMED.search(page.body, 0, _SEARCHED) if told == page.url else None
    return f"{FEED}channel_id={found[1].decode()}" if found else told if told != page.url else None
