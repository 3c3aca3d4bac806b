"""The site as files: whole, the same twice, every link leads somewhere, and nothing of somebody else's is taken away."""

from __future__ import annotations

import hashlib
import json
import posixpath
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import lxml.html
import pytest

from pipeline.errors import PipelineError
from pipeline.model import Credit
from pipeline.web import static_site
from tests import builders
from tests.desk import Desk
from tests.test_web import Site

PUBLIC = "https://digest.example.org"


def filled(folder: Path, *, items: int = 3) -> Site:
    """A desk with two editions, the newer one with so many items."""
    folder.mkdir(exist_ok=True)
    site = Site(folder, url=PUBLIC)
    section = builders.edition().sections[0]
    first = builders.entry(id=site.accept(500), title="The oldest", topics=("Learning networks",))
    site.release(builders.edition(id="2026-10", month_name="October 2026", sections=(replace(section, entries=(first,)),)), index_html=b"<p>October")
    people = (Credit(role="author", name="Ada Marsh"), Credit(role="speaker", name="李雷"))
    entries = tuple(builders.entry(id=site.accept(number), title=f"Thing {number}: </script>", credits=people) for number in range(items))
    letter = f"See [October]({PUBLIC}/editions/2026-10) and [them](https://north.example/them)."
    site.release(builders.edition(letter=letter, sections=(replace(section, entries=entries),)), digest_pdf=b"%PDF", atom_xml=b"<feed/>")
    return site


def written(site: Site, folder: Path) -> static_site.Exported:
    return static_site.export(site.config, site.open, lambda: site.now, folder)


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_every_link_inside_leads_to_a_file_and_none_to_a_server(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    done = written(filled(tmp_path / "desk", items=40), folder)
    pages = [path for path in folder.rglob("*.html") if path.read_bytes().startswith(b"<!doctype")]
    assert done.pages == len(pages)
    assert len(list((folder / "items").iterdir())) == 41
    for page in pages:
        name = page.relative_to(folder).as_posix()
        assert b"localhost" not in page.read_bytes()
        tree = lxml.html.fromstring(page.read_bytes())
        anchors = {str(one) for one in tree.xpath("//@id")}
        for link in tree.xpath("//@href | //@src | //@action"):
            address, _, place = str(link).partition("#")
            if address.startswith(("https:", "mailto:")):
                continue
            assert not address.startswith("/"), (name, link)
            target = folder / posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(address.partition("?")[0]))) if address else page
            assert target.is_file(), (name, link)
            if place and not address:
                assert place in anchors, (name, link)


def test_what_came_of_each_year_is_part_of_the_copy(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    written(filled(tmp_path / "desk"), folder)
    page = (folder / "impact.html").read_text(encoding="utf-8")
    assert "What came of 2026" in page
    assert 'href="impact.html"' in (folder / "index.html").read_text(encoding="utf-8")


def test_a_long_list_has_its_further_pages(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    written(filled(tmp_path / "desk", items=40), folder)
    further = list((folder / "people" / "ada-marsh").iterdir())
    assert [path.suffix for path in further] == [".html"]
    assert f'href="ada-marsh/{further[0].name}"' in (folder / "people" / "ada-marsh.html").read_text()


def test_what_an_editor_wrote_with_our_address_leads_to_the_copy(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    written(filled(tmp_path / "desk"), folder)
    page = lxml.html.fromstring((folder / "index.html").read_text())
    assert page.xpath("//div[@class='letter']//a/@href") == ["editions/2026-10.html", "https://north.example/them"]
    assert page.xpath("//link[@rel='canonical']/@href") == [f"{PUBLIC}/"]
    assert (folder / "editions/2026-11/digest.pdf").read_bytes() == b"%PDF"
    assert (folder / "editions/2026-10/index.html").read_bytes() == b"<p>October"


def test_the_index_of_the_search_is_a_script_with_every_item(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    written(filled(tmp_path / "desk"), folder)
    said = (folder / "static/search-index.js").read_text()
    made = json.loads(said.removeprefix("globalThis.gleanings = ").rstrip().removesuffix(";"))
    assert [one["title"] for one in made["items"]][-1] == "The oldest"
    assert made["topics"]["learning"] == "Learning networks"
    search = (folder / "search.html").read_text()
    assert "scripts are switched off here" in search
    assert 'action="search.html"' in search
    assert "desk/queue" not in search


def test_feeds_carry_the_public_address(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert written(filled(tmp_path / "desk"), folder).has_address
    for name in ("feeds/all.atom", "feeds/topic/learning.json", "sitemap.xml"):
        assert f"{PUBLIC}/items/" in (folder / name).read_text(), name


def test_equal_input_gives_equal_bytes_and_a_second_export_replaces_the_first(tmp_path: Path) -> None:
    site, folder = filled(tmp_path / "desk"), tmp_path / "out"
    written(site, folder)
    before = hashes(folder)
    written(site, folder)
    assert hashes(folder) == before
    written(site, tmp_path / "other")
    assert hashes(tmp_path / "other") == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_what_is_stale_goes_and_what_is_strange_is_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    written(filled(tmp_path / "desk"), folder)
    old = {path.name for path in (folder / "items").iterdir()}
    smaller = filled(tmp_path / "smaller", items=1)
    written(smaller, folder)
    assert {path.name for path in (folder / "items").iterdir()} < old
    (folder / "mine.txt").write_text("mine")
    before = hashes(folder)
    with pytest.raises(PipelineError, match=r"mine\.txt"):
        written(smaller, folder)
    assert hashes(folder) == before


def test_a_folder_of_others_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(PipelineError, match="holds other files"):
        written(filled(tmp_path / "desk"), folder)
    assert hashes(folder) == {"thesis.txt": hashlib.sha256(b"years of work").hexdigest()}
    with pytest.raises(PipelineError, match="is a file"):
        written(Site(tmp_path / "desk"), folder / "thesis.txt")


def test_nothing_is_written_where_a_page_fails(tmp_path: Path) -> None:
    site, folder = filled(tmp_path / "desk"), tmp_path / "out"
    written(site, folder)
    before = hashes(folder)
    (site.config.digests / "2026-11" / "digest.pdf").unlink()
    (site.config.digests / "2026-11" / "digest.pdf").mkdir()
    site.config.db.write_bytes(b"no database at all " * 100)
    with pytest.raises(PipelineError):
        written(site, folder)
    assert hashes(folder) == before


def test_before_the_first_release_there_is_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="nothing to export"):
        written(Site(tmp_path), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.run("export", "site", "-o", str(tmp_path / "out")).code == 1
    with desk.store() as store:
        store.release(builders.edition(sections=()), files={}, now=builders.NOW)
    (said,) = desk.must("export", "site", "-o", str(tmp_path / "out"))
    assert (said["items"], said["pages"]) == (0, len(list((tmp_path / "out").rglob("*.html"))))
    assert "index.html" in desk.run("export", "site", "-o", str(tmp_path / "out")).out
