"""What the sample web has besides pages and feeds: a repository (OAI-PMH), an index of papers, another desk's edition, and a page that changes.

An address that ends in `?` answers whatever is asked behind it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.demo.site import Row, SampleWeb

Told = tuple[str, bytes, str]
"""Address, body and media type."""


def catalogues(web: SampleWeb) -> Iterator[Told]:
    """Give all of them."""
    yield f"{web.base('fernbridge')}/oai?", _oai(web).encode(), "text/xml; charset=utf-8"
    yield f"{web.base('index')}/works?", json.dumps(_works(web)).encode(), "application/json"
    yield f"{web.base('northbay')}/digests/edition.json", json.dumps(_edition(web)).encode(), "application/json"
    yield f"{web.base('harbour')}/visiting", _page().encode(), "text/html; charset=utf-8"
    for site in ("index",):
        yield f"{web.base(site)}/robots.txt", b"User-agent: *\nDisallow:\n", "text/plain"


def _oai(web: SampleWeb) -> str:
    records = "".join(_record(web, row) for row in web.of("fernbridge"))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>{web.moment(0):%Y-%m-%dT%H:%M:%SZ}</responseDate>"
        f'<request verb="ListRecords">{web.base("fernbridge")}/oai</request><ListRecords>{records}</ListRecords></OAI-PMH>'
    )


def _record(web: SampleWeb, row: Row) -> str:
    day = web.day(row["days"]).isoformat()
    creators = "".join(f"<dc:creator>{escape(name)}</dc:creator>" for name in row["by"])
    return (
        f"<record><header><identifier>oai:fernbridge.localhost:{row['id']}</identifier><datestamp>{day}</datestamp></header><metadata>"
        '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(row['title'])}</dc:title>{creators}<dc:date>{day}</dc:date><dc:type>report</dc:type>"
        f"<dc:description>{escape(row['description'])}</dc:description><dc:identifier>{escape(web.address(row))}</dc:identifier>"
        "</oai_dc:dc></metadata></record>"
    )


def _works(web: SampleWeb) -> dict[str, object]:
    """Answer as the index of works does (its documentation: api.crossref.org)."""
    day = web.day(-7)
    work = {
        "DOI": "10.5555/hn.2026.17",
        "type": "journal-article",
        "title": ["Who convenes? Protected time and the life of a care network"],
        "author": [{"given": "Ines", "family": "Calloway"}, {"given": "Jun", "family": "Arakawa"}],
        "container-title": ["Journal of Shared Practice"],
        "published": {"date-parts": [[day.year, day.month, day.day]]},
        "abstract": "<jats:p>Nineteen networks were followed for four years. Those with a convener whose time was protected met twice as long.</jats:p>",
    }
    return {"status": "ok", "message": {"items": [work]}}


def _edition(web: SampleWeb) -> dict[str, object]:
    """Answer as another desk does: what it carried too, and one thing of its own."""
    entries = [
        {
            "url": web.address(web.resources[name]),
            "title": web.resources[name]["title"],
            "blurb": web.resources[name]["description"],
            "kind": web.resources[name]["kind"],
            "published": web.day(web.resources[name]["days"]).isoformat(),
            "credits": [{"role": "author", "name": by} for by in web.resources[name]["by"]],
        }
        for name in ("small-teams", "bay-swap")
    ]
    return {
        "format": "gleanings-edition/1",
        "title": "North Bay notes",
        "organisation": "North Bay Network",
        "audience": "public",
        "month_name": f"{web.today:%B %Y}",
        "sections": [{"id": "insights", "title": "Insights", "entries": entries}],
    }


def _page() -> str:
    return (
        "<!doctype html><html lang=en><title>Visiting one another: how we do it</title><h1>Visiting one another: how we do it</h1>"
        "<main><p>Each practice of the network visits another one once a year, for half a day, with one question that it brings.</p>"
        "<p>The hosts show one thing that works and one that does not. Nobody takes notes for anybody else, and nothing is scored.</p>"
        "<p>Afterwards both write three sentences: what we saw, what we shall try, whom we shall ask.</p></main></html>"
    )
