"""The words by which folding goes, as one value."""

from __future__ import annotations

from dataclasses import dataclass

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folding:
    """Lists of entries, each in small letters, where a star at either end stands for anything. What each list is for stands beside it in
    `pipeline/folding/rules.toml`."""

    trackers: Words = ()
    mail_trackers: Words = ()
    dresses: Words = ()
    trackers_with_words: Words = ()
    suffixes: Words = ()
    decorations: Words = ()
    openings: Words = ()
    generic_titles: Words = ()
    columns: Words = ()
    notices: Words = ()
    summaries: Words = ()
    easy_reads: Words = ()
    recordings: Words = ()
    abstracts: Words = ()
    protocols: Words = ()
