"""What Datasette needs to show the database to people: which views are for reading, what each column says, and what is nobody's business.

Everything that is not one of the documented views is closed, because the same file holds addresses of readers, accounts and secrets.
"""

from __future__ import annotations

import html
import json
from pathlib import Path
from urllib.parse import quote

import click

from pipeline.cli.rooms import settings
from pipeline.cli.session import Session, command, here
from pipeline.cli.written import write
from pipeline.plain import Json

LICENSE = "Titles and links are facts; what is described belongs to those who published it. Decisions and notes belong to the desk."

VIEWS: dict[str, tuple[str, dict[str, str]]] = {
    "v_items": (
        "Everything that came in, as it stands: one row for each resource, also for those that are folded into another.",
        {
            "id": "Number of the item, as the desk shows it.",
            "state": "queued, accepted, rejected, deferred, merged (folded into another) or published.",
            "title": "Its title; a curator's, where one wrote it anew.",
            "kind": "What sort of thing it is: article, report, event and so on.",
            "url": "Where it is.",
            "published": "When it came out, as a day or a time; empty where nobody says.",
            "added": "When it came in (UTC).",
            "rank": "How likely a curator keeps it, from 0 to 1; in a young desk only an order.",
            "lane": "Where it stands in the queue: must-have, ranked, audit, unlikely or skipped.",
            "head": "The item that stands for it: itself, or what it is folded into.",
            "fold_rule": "By which rule it was folded.",
            "edition": "In which edition it came out.",
            "sources": "Ids of the sources that name it, separated by commas.",
            "topics": "Ids of its topics as a JSON list: those a curator chose, else those suggested.",
        },
    ),
    "v_decisions": (
        "What curators did, act by act; nothing is ever taken out.",
        {
            "id": "Number of the act.",
            "item": "Number of the item.",
            "title": "Title of the item.",
            "act": "accept, reject, defer, reopen, fold, unfold, more, less or edit.",
            "curator": "Who did it.",
            "decided": "When (UTC).",
            "reason": "Why it was rejected, where somebody said.",
            "undone": "When it was taken back (UTC); empty where it stands.",
        },
    ),
    "v_editions": (
        "The editions, with what became of them.",
        {
            "id": "Its month; bulletins of before this desk have a slash in it.",
            "state": "draft, frozen, released or corrected.",
            "composed": "When it was put together last (UTC).",
            "released": "When it was released (UTC).",
            "items": "How many items came out in it.",
            "sent": "To how many readers it was mailed.",
            "revision": "1 as released; one more with each correction.",
        },
    ),
    "v_sources": (
        "The sources and how they do.",
        {
            "id": "Its id, as in sources.yaml.",
            "kind": "feed, listing, sitemap, mailbox and so on.",
            "url": "Where it is.",
            "paused": "1 while it is not asked.",
            "absent": "1 where it is no longer configured.",
            "last_run": "When it was asked last (UTC).",
            "last_ok": "When it answered last (UTC).",
            "last_new": "When it last brought something new (UTC).",
            "failures": "How often in a row it could not be read.",
            "error": "Why not.",
            "sightings": "How often it named something.",
        },
    ),
    "v_deliveries": (
        "What became of each mail of an edition. It holds addresses of readers, so only the one who started Datasette may see it.",
        {
            "edition": "Which edition.",
            "correction": "0 for the edition itself, else the number of the correction that was mailed.",
            "email": "To whom.",
            "state": "queued, sending, sent, uncertain, failed or bounced.",
            "attempts": "How often it was tried.",
            "error": "What the server said.",
            "changed": "When this changed last (UTC).",
        },
    ),
}
"""View → what it holds, and what each of its columns says."""

_PERSONAL = frozenset({"v_deliveries"})
_FACETS = {"v_items": ["state", "kind", "lane", "edition"], "v_decisions": ["act", "curator", "reason"], "v_sources": ["kind"]}
_NEWEST = {"v_items": "added", "v_decisions": "decided", "v_editions": "id", "v_deliveries": "changed"}


@command("datasette", "datasette", "datasette -o metadata.json && datasette curated.db --metadata metadata.json")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write; standard output if left out.")
@here
def datasette_command(session: Session, output: Path | None) -> None:
    """Write metadata.json, which explains the database to Datasette and closes what is not for everybody."""
    config = settings(session)
    made = metadata(config.desk.name, config.desk.organisation, url=config.desk.url, database=config.db.stem)
    write(output, [json.dumps(made, indent=2, ensure_ascii=False) + "\n"])


def metadata(name: str, organisation: str, *, url: str, database: str) -> Json:
    """Make the document, in the form of https://docs.datasette.io/en/stable/metadata.html."""
    links = "".join(f'<li><a href="/{quote(database)}/{view}">{view}</a>: {html.escape(about)}</li>' for view, (about, _) in VIEWS.items())
    return {
        "title": name,
        "description_html": f"<p>What {html.escape(organisation)} found, decided and sent out.</p><ul>{links}</ul>",
        "source": organisation,
        "source_url": url,
        "license": LICENSE,
        # Closed as a whole, so that a table that comes later is closed too; what is open says so itself.
        "databases": {database: {"allow": False, "allow_sql": False, "tables": {view: _view(view) for view in VIEWS}}},
    }


def _view(name: str) -> Json:
    about, columns = VIEWS[name]
    made: dict[str, Json] = {"description": about, "columns": dict(columns), "size": 50}
    if name in _FACETS:
        made["facets"] = list(_FACETS[name])
    if name in _NEWEST:
        made["sort_desc"] = _NEWEST[name]
    return made | {"allow": {"id": "root"} if name in _PERSONAL else True}
