"""The page for people who write programs is true: what it shows is answered by a desk."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pipeline.model import HookEvent, Role, Scope
from pipeline.web.api.rate import BURST
from tests.program import Programs

PAGE = Path(__file__).resolve().parents[1] / "docs" / "api.md"


def test_every_example_is_answered(tmp_path: Path) -> None:
    desk = Programs(tmp_path)
    desk.person("Priya Shah", Role.OPERATOR)
    desk.add(1)
    lines = re.findall(r"^curl .*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) >= 8
    for line in lines:
        words = shlex.split(line)
        body = words[words.index("-d") + 1] if "-d" in words else ""
        headers = dict(word.split(": ", 1) for place, word in enumerate(words) if words[place - 1] == "-H")
        named = {name.lower().replace("-", "_"): value.replace("$TOKEN", desk.secret) for name, value in headers.items()}
        path = next(word for word in words if word.startswith("$DESK")).removeprefix("$DESK")
        answer = desk.ask("POST" if body else "GET", path, body=body.encode(), headers=named)
        assert answer.status in (200, 202), f"{line}: {answer.text}"
        assert answer.json
    desk.close()


@pytest.mark.parametrize("word", [*Scope, *HookEvent, str(BURST), "GLEANINGS_WEBHOOK_SECRET", "webhook-signature"])
def test_every_word_that_one_must_know_is_on_the_page(word: str) -> None:
    assert word in PAGE.read_text(encoding="utf-8")
