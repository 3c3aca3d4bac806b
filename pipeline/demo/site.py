"""The sample web as pages: what stands in `content.yaml`, dressed as such bodies dress their pages, with all dates counted from today."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files
from typing import Any

import typst
import yaml

from pipeline.demo import dress
from pipeline.demo.catalogues import catalogues

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one address of the sample web gives."""

    body: bytes
    media_type: str = "text/html; charset=utf-8"
    status: int = 200
    location: str = ""


class SampleWeb:
    """All addresses of the sample web, for one day and one port."""

    def __init__(self, today: date, port: int) -> None:
        content = yaml.safe_load(_content(today))
        self.today, self.port = today, port
        self.sites: dict[str, Row] = content["sites"]
        self.resources: dict[str, Row] = {row["id"]: row for row in content["resources"]}
        self.events: list[Row] = content["events"]
        self.listing: list[Row] = content["listing"]
        self.answers: dict[str, Answer] = dict(self._all())

    def base(self, site: str) -> str:
        return f"http://{site}.localhost:{self.port}"

    def address(self, row: Row) -> str:
        return f"{self.base(row['site'])}{row['path']}"

    def old_address(self, row: Row) -> str:
        return str(row["old"]).replace(".localhost", f".localhost:{self.port}")

    def event_address(self, event: Row) -> str:
        return f"{self.base('almanac')}/events/{event['id']}"

    def day(self, days: int) -> date:
        return self.today + timedelta(days=days)

    def listed_address(self, row: Row) -> str:
        """The address under which the platform lists a thing: its own, its PDF's, or the one it had before it moved."""
        resource = self.resources[row["id"]]
        match row.get("at"):
            case "pdf":
                return self.base(resource["site"]) + str(resource["pdf"])
            case "old":
                return self.old_address(resource)
        return self.address(resource)

    # ------------------------------------------------------------ everything there is

    def _all(self) -> Iterator[tuple[str, Answer]]:
        for row in self.resources.values():
            yield from self._resource(row)
        for event in self.events:
            yield self.event_address(event), Answer(body=dress.event_page(event, self).encode())
        for site, about in self.sites.items():
            yield f"{self.base(site)}/robots.txt", Answer(body=b"User-agent: *\nDisallow: /private/\n", media_type="text/plain")
            yield f"{self.base(site)}/", Answer(body=dress.front_page(site, about, self).encode())
            yield from self._lists(site, about)
        yield f"{self.base('harbour')}/resources", Answer(body=dress.listing_page(self).encode())
        for address, body, media_type in catalogues(self):
            yield address, Answer(body=body, media_type=media_type)
        yield f"http://oldhouse.localhost:{self.port}/robots.txt", Answer(body=b"", media_type="text/plain")

    def _resource(self, row: Row) -> Iterator[tuple[str, Answer]]:
        style = row.get("style") or self.sites[row["site"]]["style"]
        if style == "gone":
            return
        yield self.address(row), Answer(body=dress.page(row, style, self).encode())
        if "pdf" in row:
            yield self.base(row["site"]) + row["pdf"], Answer(body=_pdf(row, self.day(row["days"])), media_type="application/pdf")
        if "old" in row:
            yield self.old_address(row), Answer(body=b"", status=301, location=self.address(row))

    def of(self, site: str) -> list[Row]:
        """The resources of one site, newest first."""
        return sorted((row for row in self.resources.values() if row["site"] == site), key=lambda row: -row.get("days", 0))

    def _lists(self, site: str, about: Row) -> Iterator[tuple[str, Answer]]:
        match about.get("feed"):
            case "rss":
                yield f"{self.base(site)}/feed.xml", Answer(body=self._rss(site, about).encode(), media_type="application/rss+xml")
            case "podcast":
                yield f"{self.base(site)}/feed.xml", Answer(body=self._rss(site, about, enclosures=True).encode(), media_type="application/rss+xml")
            case "atom":
                yield f"{self.base(site)}/atom.xml", Answer(body=self._atom(site, about).encode(), media_type="application/atom+xml")
            case "json":
                yield f"{self.base(site)}/feed.json", Answer(body=self._json(site, about).encode(), media_type="application/feed+json")
        if about.get("sitemap"):
            yield f"{self.base(site)}/sitemap.xml", Answer(body=self._sitemap(site).encode(), media_type="application/xml")
        if about.get("calendar"):
            yield f"{self.base(site)}/events.ics", Answer(body=self._ics().encode(), media_type="text/calendar; charset=utf-8")

    # ------------------------------------------------------------ feeds and lists

    def moment(self, days: int) -> datetime:
        return datetime(self.today.year, self.today.month, self.today.day, 9, 30, tzinfo=UTC) + timedelta(days=days)

    def _rss(self, site: str, about: Row, *, enclosures: bool = False) -> str:
        items = ""
        for row in self.of(site):
            link = html.escape(self.address(row))
            sound = (
                f'<enclosure url="{link}.mp3" type="audio/mpeg" length="1"/><itunes:duration>{row["duration"]}</itunes:duration>'
                if enclosures
                else ""
            )
            items += (
                f"<item><title>{html.escape(row['title'])}</title><link>{link}</link><guid>{link}</guid>{sound}"
                f"<pubDate>{format_datetime(self.moment(row['days']))}</pubDate><description>{html.escape(row['description'])}</description></item>\n"
            )
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel>'
            f"<title>{about['name']}</title><link>{self.base(site)}/</link><description>{html.escape(about['strap'])}</description>\n{items}</channel></rss>"
        )

    def _atom(self, site: str, about: Row) -> str:
        entries = "".join(
            f'<entry><title>{html.escape(row["title"])}</title><link href="{html.escape(self.address(row))}"/><id>{html.escape(self.address(row))}</id>'
            f"<updated>{self.moment(row['days']).isoformat()}</updated><published>{self.moment(row['days']).isoformat()}</published>"
            f"<author><name>{html.escape(row['by'][0])}</name></author><summary>{html.escape(row['description'])}</summary></entry>\n"
            for row in self.of(site)
        )
        return (
            f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>{about["name"]}</title><id>{self.base(site)}/</id>'
            f'<link href="{self.base(site)}/"/><updated>{self.moment(0).isoformat()}</updated>\n{entries}</feed>'
        )

    def _json(self, site: str, about: Row) -> str:
        items = [
            {
                "id": self.address(row),
                "url": self.address(row),
                "title": row["title"],
                "summary": row["description"],
                "date_published": self.moment(row["days"]).isoformat(),
            }
            for row in self.of(site)
        ]
        return json.dumps(
            {"version": "https://jsonfeed.org/version/1.1", "title": about["name"], "home_page_url": f"{self.base(site)}/", "items": items}
        )

    def _sitemap(self, site: str) -> str:
        urls = "".join(f"<url><loc>{html.escape(self.address(row))}</loc></url>\n" for row in self.of(site))
        return f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>'

    def _ics(self) -> str:
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Improvement Almanac//EN"]
        for event in self.events:
            start = self.day(event["starts"])
            lines += ["BEGIN:VEVENT", f"UID:{event['id']}@almanac.localhost", f"DTSTAMP:{self.moment(-20):%Y%m%dT%H%M%SZ}"]
            lines += [
                f"SUMMARY:{_ics_text(event['title'])}",
                f"DESCRIPTION:{_ics_text(event['description'])}",
                f"LOCATION:{_ics_text(event['place'])}",
                f"URL:{self.event_address(event)}",
            ]
            if "time" in event:
                begin = datetime.fromisoformat(f"{start.isoformat()}T{event['time']}")
                lines += [
                    f"DTSTART;TZID=Europe/London:{begin:%Y%m%dT%H%M%S}",
                    f"DTEND;TZID=Europe/London:{begin + timedelta(minutes=event['minutes']):%Y%m%dT%H%M%S}",
                ]
            else:
                lines += [f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"DTEND;VALUE=DATE:{start + timedelta(days=event['days']):%Y%m%d}"]
            lines.append("END:VEVENT")
        return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _content(today: date) -> str:
    months = {"{this_month}": f"{today:%B}", "{last_month}": f"{today.replace(day=1) - timedelta(days=1):%B}"}
    content = files("pipeline.demo").joinpath("content.yaml").read_text(encoding="utf-8")
    for place, name in months.items():
        content = content.replace(place, name)
    return content


def _ics_text(words: str) -> str:
    return words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _pdf(row: Row, day: date) -> bytes:
    """Set a report as such bodies set theirs: a title page and some pages of text."""
    data = json.dumps({"title": row["title"], "by": row["by"], "day": f"{day.day} {day:%B %Y}", "body": row["body"], "pages": row.get("pages", 4)})
    return typst.compile(files("pipeline.demo").joinpath("report.typ").read_bytes(), sys_inputs={"data": data})
