"""Lists the licences of the distributions that Gleanings brings with it, and fails where one would bind whoever passes Gleanings on.

Reads what is installed, asks nobody. A licence that gives a choice (`MIT OR GPL-2.0-only`) is judged by its best side; LGPL and MPL bind their own
files only. Call it in the environment to look at: `python .ci/licences.py [DISTRIBUTION]`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions

_BINDING = re.compile(r"(?<!L)(?<!Lesser )\b(?:A?GPL|(?:Affero )?General Public License)", re.IGNORECASE)
_LESSER = re.compile(r"\bLGPL|\b(?:Lesser|Library) General Public License", re.IGNORECASE)
_EXTRA = re.compile(r"\bextra\s*==")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_WIDE = 60
"""Characters of a licence that are shown; some write its whole text where its name should stand."""


def licence(found: Distribution) -> str:
    """Say under what licence a distribution stands: its expression, else its classifiers, its own words, its file; empty where there are none."""
    about = found.metadata
    classes = [one.rpartition(" :: ")[2] for one in about.get_all("Classifier") or [] if one.startswith("License :: ")]
    named = " OR ".join(one for one in classes if one != "OSI Approved")
    return about.get("License-Expression", "") or named or about.get("License", "").strip() or _from_file(found)


def binds(words: str) -> bool:
    """Say whether every choice that a licence leaves is the GPL or the AGPL."""
    choices = re.split(r"\s+OR\s+", words.replace("(", " ").replace(")", " "))
    return all(_BINDING.search(_LESSER.sub("", choice)) for choice in choices)


def brought(name: str) -> Iterable[Distribution]:
    """Give a distribution and all installed ones that it needs, directly or by others; of its extras those that are installed, of theirs none."""
    installed = {_key(one.metadata["Name"]): one for one in distributions()}
    waiting, seen = [_key(name)], set[str]()
    while waiting:
        key = waiting.pop()
        if key in seen or key not in installed:  # another system's, or an extra's
            continue
        seen.add(key)
        needs = [need for need in installed[key].requires or () if key == _key(name) or not _EXTRA.search(need)]
        waiting += [_key(match[0]) for need in needs if (match := _NAME.match(need))]
        yield installed[key]


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _from_file(found: Distribution) -> str:
    """Read the licence file, where the metadata names none."""
    texts = (path.read_text() for path in found.files or () if re.fullmatch(r"(LICEN[CS]E|COPYING)(\.\w+)?", path.name, re.IGNORECASE))
    return next((text.strip() for text in texts), "")


def main(name: str = "gleanings") -> int:
    rows = sorted({(found.metadata["Name"], found.version, licence(found)) for found in brought(name)}, key=lambda row: row[0].lower())
    for named, version, words in rows:
        sys.stdout.write(f"{named:28}{version:16}{' '.join(words.split())[:_WIDE] or 'says nothing'}\n")
    wrong = [named for named, _, words in rows if not words or binds(words)]
    sys.stderr.write("".join(f"{named} cannot be passed on with Gleanings: look at its licence.\n" for named in wrong))
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
