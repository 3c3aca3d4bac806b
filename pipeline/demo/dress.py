"""How the bodies of the sample web dress their pages: each in its own habit, with menus, banners and lists of other things around the text."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.demo.site import Row, SampleWeb

MENU = "<nav><ul><li><a href='/'>Home</a></li><li><a href='/about'>About us</a></li><li><a href='/contact'>Contact</a></li></ul></nav>"
FOOT = "<footer><p>We use cookies to make this site better. <a href='/privacy'>Privacy</a></p><p>© All rights reserved.</p></footer>"


def page(row: Row, style: str, web: SampleWeb) -> str:
    """Dress one resource in its style."""
    return STYLES[style](row, web)


def _text(row: Row, web: SampleWeb) -> str:
    body = web.resources[row["copy_of"]]["body"] if "copy_of" in row else row.get("body", [])
    return "\n".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in body)


def _day(row: Row, web: SampleWeb) -> str:
    day = web.day(row["days"])
    return f"{day.day} {day:%B %Y}"


def _head(row: Row, web: SampleWeb, *extra: str, suffix: bool = True) -> str:
    site = web.sites[row["site"]]["name"]
    title = html.escape(row["title"]) + (f" | {site}" if suffix else "")
    description = html.escape(row.get("description", ""))
    return f"<!doctype html><html lang='en-GB'><head><meta charset='utf-8'><title>{title}</title><meta name='description' content=\"{description}\"><meta property='og:site_name' content='{site}'>{''.join(extra)}</head>"


def _press(row: Row, web: SampleWeb) -> str:
    site = web.sites[row["site"]]["name"]
    day = web.day(row["days"]).isoformat()
    people = [{"@type": "Organization" if name == site else "Person", "name": name} for name in row["by"]]
    data = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "Organization", "@id": "#org", "name": site},
            {
                "@type": row["type"],
                "headline": row["title"],
                "author": people,
                "datePublished": day,
                "publisher": {"@id": "#org"},
                "description": row["description"],
            },
        ],
    }
    link = web.address(row) if "copy_of" not in row else web.address(row).split("?")[0]
    head = _head(
        row,
        web,
        f"<link rel='canonical' href='{html.escape(link)}'>",
        f"<script type='application/ld+json'>{json.dumps(data)}</script>",
    )
    pdf = f"<p><a href='{row['pdf']}'>Download the report (PDF)</a></p>" if "pdf" in row else ""
    more = "".join(f"<li><a href='{html.escape(web.address(other))}'>{html.escape(other['title'])}</a></li>" for other in web.of(row["site"])[:3])
    lead_in = "<p class='share'>Share this article with a colleague</p>" if "copy_of" in row else ""
    people_line = html.escape(", ".join(row["by"]))
    return (
        f"{head}<body>{MENU}<main><article><h1>{html.escape(row['title'])}</h1><p class='byline'>By {people_line}</p><p class='date'>{_day(row, web)}</p>{lead_in}\n"
        f"{_text(row, web)}{pdf}</article><aside class='related'><h2>More from us</h2><ul>{more}</ul></aside></main>{FOOT}</body></html>"
    )


def _blog(row: Row, web: SampleWeb) -> str:
    head = _head(
        row,
        web,
        f"<meta property='og:title' content=\"{html.escape(row['title'])}\"><meta property='og:type' content='article'>",
    )
    return (
        f"{head}<body>{MENU}<article class='post'><h1 class='entry-title'>{html.escape(row['title'])}</h1><p class='entry-meta'>Posted by "
        f"<a rel='author' href='/author/{html.escape(row['by'][0].split()[0].lower())}'>{html.escape(row['by'][0])}</a> on "
        f"<time class='entry-date' datetime='{web.moment(row['days']).isoformat()}'>{_day(row, web)}</time></p><div class='entry-content'>{_text(row, web)}</div></article>"
        f"<section class='comments'><h2>2 comments</h2><p>Thank you for this!</p><p>We do the same.</p></section>{FOOT}</body></html>"
    )


def _journal(row: Row, web: SampleWeb) -> str:
    day = web.day(row["days"])
    names = "".join(f'<meta name="citation_author" content="{html.escape(name)}">' for name in row["by"])
    metas = (
        f'<meta name="citation_title" content="{html.escape(row["title"])}">{names}<meta name="citation_publication_date" content="{day:%Y/%m/%d}">'
        f'<meta name="citation_journal_title" content="Journal of Shared Practice"><meta name="citation_doi" content="{row["doi"]}">'
    )
    people = html.escape(", ".join(row["by"]))
    return (
        f"{_head(row, web, metas)}<body>{MENU}<main><h1>{html.escape(row['title'])}</h1><p class='authors'>{people}</p><p>Published {_day(row, web)}. "
        f"<a href='https://doi.org/{row['doi']}'>https://doi.org/{row['doi']}</a></p><h2>Abstract</h2>{_text(row, web)}</main>{FOOT}</body></html>"
    )


def _video(row: Row, web: SampleWeb) -> str:
    minutes, seconds = divmod(row["duration"], 60)
    data = {
        "@context": "https://schema.org",
        "@type": "VideoObject",
        "name": row["title"],
        "description": row["description"],
        "uploadDate": web.moment(row["days"]).isoformat(),
        "duration": f"PT{minutes}M{seconds}S",
        "author": {"@type": "Person", "name": row["by"][0]},
    }
    head = _head(row, web, f"<meta property='og:type' content='video.other'><script type='application/ld+json'>{json.dumps(data)}</script>")
    return f"{head}<body>{MENU}<main><h1>{html.escape(row['title'])}</h1><div class='player'></div><p>{minutes}:{seconds:02}</p>{_text(row, web)}</main>{FOOT}</body></html>"


def _plain(row: Row, web: SampleWeb) -> str:
    by = f"<p>By {html.escape(row['by'][0])}, {_day(row, web)}</p>" if row.get("by") else f"<p>Last looked through on {_day(row, web)}</p>"
    return f"{_head(row, web)}<body>{MENU}<main><h1>{html.escape(row['title'])}</h1>{by}{_text(row, web)}</main>{FOOT}</body></html>"


def _event_text(row: Row, web: SampleWeb) -> str:
    starts = row["starts"]
    day, end = web.day(starts["days"]), web.day(starts["end_days"])
    when = f"<p>Start Date: {day:%d/%m/%Y} {starts['time']}</p><p>End Date: {end.isoformat()}</p><p>Location: {html.escape(row['place'])}</p>"
    return f"{_head(row, web)}<body>{MENU}<main><h1>{html.escape(row['title'])}</h1>{when}{_text(row, web)}</main>{FOOT}</body></html>"


def event_page(event: Row, web: SampleWeb) -> str:
    """Dress an event of the calendar as a page with schema.org data."""
    start = web.day(event["starts"])
    data = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": event["title"],
        "description": event["description"],
        "location": {"@type": "Place", "name": event["place"]},
    }
    if "time" in event:
        begin = datetime.fromisoformat(f"{start.isoformat()}T{event['time']}")
        data |= {"startDate": f"{begin:%Y-%m-%dT%H:%M}", "endDate": f"{begin + timedelta(minutes=event['minutes']):%Y-%m-%dT%H:%M}"}
    else:
        data |= {"startDate": start.isoformat(), "endDate": (start + timedelta(days=event["days"] - 1)).isoformat()}
    return (
        f"<!doctype html><html lang='en-GB'><head><meta charset='utf-8'><title>{html.escape(event['title'])} | Improvement Almanac</title>"
        f"<meta name='description' content=\"{html.escape(event['description'])}\"><meta property='og:site_name' content='Improvement Almanac'><script type='application/ld+json'>{json.dumps(data)}</script></head>"
        f"<body>{MENU}<main><h1>{html.escape(event['title'])}</h1><p>{html.escape(event['description'])}</p><p>{html.escape(event['place'])}</p>"
        f"<p>Places are given in the order of registration. Tell us what you need in order to take part.</p></main>{FOOT}</body></html>"
    )


def _wall(row: Row, web: SampleWeb) -> str:
    return (
        "<!doctype html><html lang='en-GB'><head><title>Log in | Harbour Network</title></head><body><main><h1>Log in</h1><p>Please log in to see this page.</p>"
        "<form method='post'><label>E-mail <input name='email'></label><label>Password <input type='password' name='password'></label><button>Log in</button></form>"
        "</main></body></html>"
    )


def listing_page(web: SampleWeb) -> str:
    """The platform's resource page: blurb, poster, name and label, each in a paragraph of its own, and no feed."""
    own = [(row["listed"], row["title"], web.address(row)) for row in web.resources.values() if "listed" in row]
    others = [(row, web.resources[row["id"]]["title"], web.listed_address(row)) for row in web.listing]
    blocks = "\n".join(
        f"<div class='resource'><h3>{html.escape(title)}</h3><p>{html.escape(listed['blurb'])}</p><p class='poster'>{html.escape(listed['by'])}</p>"
        f"<p><a href='{html.escape(address)}'>{listed['label']}</a></p></div>"
        for listed, title, address in own + others
    )
    return (
        f"<!doctype html><html lang='en-GB'><head><meta charset='utf-8'><title>Resources | Harbour Network</title></head><body>{MENU}<main><h1>Resources</h1>"
        f"<p>What members have found, made and passed on.</p>\n{blocks}\n</main>{FOOT}</body></html>"
    )


def front_page(site: str, about: Row, web: SampleWeb) -> str:
    """A body's home page, which names its feed."""
    feeds = {"rss": ("application/rss+xml", "feed.xml"), "podcast": ("application/rss+xml", "feed.xml"), "atom": ("application/atom+xml", "atom.xml")}
    media_type, name = feeds.get(about.get("feed", ""), ("application/feed+json", "feed.json"))
    link = f"<link rel='alternate' type='{media_type}' href='/{name}'>" if about.get("feed") else ""
    rows = "".join(f"<li><a href='{html.escape(web.address(row))}'>{html.escape(row['title'])}</a></li>" for row in web.of(site))
    return f"<!doctype html><html lang='en-GB'><head><title>{about['name']}</title>{link}</head><body>{MENU}<h1>{about['name']}</h1><p>{about['strap']}</p><ul>{rows}</ul></body></html>"


STYLES: dict[str, Callable[[Row, SampleWeb], str]] = {
    "press": _press, "blog": _blog, "journal": _journal, "video": _video, "plain": _plain, "event-text": _event_text, "wall": _wall,
}  # fmt: skip
