"""What a harvest of many sources does not carry: a desk without an item learns nothing, and loads nothing to learn with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.web import Web

EMPTY = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>Notes</title><link>http://a.example/</link><description>d</description></channel></rss>'
)
CHILD = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from pipeline import config, harvest
from pipeline.store import Store
folder = Path(sys.argv[1])
settings = config.load(folder / "sources.yaml", dict(os.environ))
with Store.open(folder / "curated.db") as store:
    runs = harvest.harvest(settings, store, everything=True, now=lambda: datetime.now(UTC))
print(runs[0].error, "scipy" in sys.modules, "pipeline.learn.train" in sys.modules)
"""


def test_a_harvest_that_leaves_the_desk_empty_learns_nothing(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text('sources: [{id: a, kind: feed, url: "http://a.example/feed"}]\n', encoding="utf-8")
    with Web() as web:
        web.put("http://a.example/feed", EMPTY, type="application/rss+xml")
        environ = {**os.environ, **web.environment(tmp_path)}
        done = subprocess.run([sys.executable, "-c", CHILD, str(tmp_path)], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", "False", "False"]
