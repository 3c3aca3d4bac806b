"""An edition on the desk: how it stands, what to look at before release, and every form of it under the name of its file."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import publish
from pipeline.model import Edition, EditionState, Section, Severity, SubscriberState
from pipeline.render import FORMATS
from pipeline.web.editions import GROUPS
from tests import builders
from tests.builders import NOW
from tests.test_corrections import about
from tests.test_web import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def edition(site: Site, **changes: object) -> Edition:
    """A draft for members, with one thing for everybody and one that is not."""
    entries = (
        builders.entry(id=site.accept(1), title="For everybody to read"),
        builders.entry(id=site.accept(2), title="For members to read", audience="members"),
    )
    made = builders.edition(audience="members", sections=(Section(id="evidence", title="Reports", entries=entries),))
    return replace(made, **changes)  # type: ignore[arg-type]  # the test's words


def look(site: Site, path: str = "") -> str:
    answer = site.visitor().get(f"/desk/editions/2026-11{path}")
    assert answer.status_code == 200
    return answer.text


def test_every_format_is_on_the_page_and_opens_as_what_it_is(site: Site) -> None:
    with site.open() as store:
        store.save_edition(edition(site))
    page = look(site)
    assert sorted(name for forms in GROUPS.values() for name in forms) == sorted(FORMATS)
    for form in FORMATS.values():
        path = f"/desk/editions/2026-11/preview/{form.filename}"
        assert f'href="{path}"' in page
        answer = site.visitor().get(path)
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, form.media_type.partition(";")[0])
        assert answer.headers["cache-control"] == "no-store"


def test_a_page_may_use_its_own_styles_and_run_nothing(site: Site) -> None:
    with site.open() as store:
        store.save_edition(edition(site))
    for name in ("index.html", "email.html"):
        rules = site.visitor().get(f"/desk/editions/2026-11/preview/{name}").headers["content-security-policy"]
        assert "'sha256-" in rules
        assert rules.startswith("default-src 'none'")


def test_what_members_get_and_what_everybody_gets_are_both_to_be_seen(site: Site) -> None:
    with site.open() as store:
        store.save_edition(edition(site))
    assert "2 entries, 1 of them for everybody" in look(site)
    inside, outside = look(site, "/preview/digest.md"), look(site, "/preview-public/digest.md")
    assert ["For everybody to read" in one for one in (inside, outside)] == [True, True]
    assert ["For members to read" in one for one in (inside, outside)] == [True, False]


@pytest.mark.parametrize("path", ["preview/letter.md", "other/index.html", "preview/pdf"])
def test_what_is_no_file_of_an_edition_is_not_there(site: Site, path: str) -> None:
    with site.open() as store:
        store.save_edition(edition(site))
    assert site.visitor().get(f"/desk/editions/2026-11/{path}").status_code == 404
    assert site.visitor().get(f"/desk/editions/2026-10/{path}").status_code == 404


def test_errors_that_stop_the_release_are_counted_and_lead_to_their_items(site: Site) -> None:
    with site.open() as store:
        store.save_edition(edition(site, sections=()))
    page = look(site)
    assert "1 error stops it." in page
    assert "The edition is empty." in page
    with site.open() as store:
        store.save_edition(edition(site))
    assert "Nothing stops it." in look(site)
    assert 'href="/desk/items/' in re.findall(r"Before release.*?</section>", look(site), re.DOTALL)[0]


def test_corrections_stand_first_with_whether_they_were_mailed(site: Site) -> None:
    with site.open() as store:
        released = store.release(edition(site), files={"digest.md": "1"}, now=NOW)
        first = replace(released, corrections=(about(released.entries[0].id, by="Sam"),), corrected=NOW, state=EditionState.CORRECTED)
        store.correct(first, files={"digest.md": "2"})
        assert "Before release" not in look(site)
        assert "revision 2" in look(site)
        assert "not mailed yet" in look(site)
        reader = store.add_subscriber("ada@reader.example", state=SubscriberState.CONFIRMED, now=NOW)
        store.queue_deliveries("2026-11", [reader.id], NOW + timedelta(days=1), correction=1)
        assert "mailed to 1 reader" in look(site)
        store.correct(replace(first, corrections=(*first.corrections, about(severity=Severity.SLIP, note="A comma."))), files={})
        assert "Slip" in look(site)
        assert '<td class="r">3</td>' in site.visitor().get("/desk/editions").text
        assert publish.public_edition(store.edition("2026-11")) is not None
