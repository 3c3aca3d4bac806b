"""Everything that can go wrong, by name.

PipelineError                     str() is one sentence for a person; .hint says what to do next
├── ConfigError(problems)         every problem at once, each with its line
├── FetchError(url)
│   ├── UnreachableError          name, TLS, timeout, reset, 429, 5xx: worth a retry
│   ├── RefusedError(status)      other 4xx, robots.txt, private address: not worth one
│   └── TooLargeError(limit)
├── ParseError(source)            the source's bytes are not what its kind promises
├── ExtractError(url, reason)     login wall, consent page, empty shell, not a document
├── RenderError(place)            an edition that cannot be set
├── StoreError
│   ├── NotFoundError(what, id)
│   ├── ConflictError(item)       somebody decided first
│   └── LockedError               another instance is at work
├── TransitionError(item, verdict)
├── DeliveryError(address, permanent)
└── UnavailableError(server)      the mail server or the cluster does not answer
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


class PipelineError(Exception):
    """Something expected went wrong: one sentence for a person, and what to do next."""

    exit_code = 1

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in a configuration file. `line` counts from 1; 0 is the file as a whole."""

    file: str
    line: int
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.what}" + (f"; {self.remedy}" if self.remedy else "")


class ConfigError(PipelineError):
    """The configuration cannot be used; `problems` lists everything that is wrong with it."""

    exit_code = 3

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class FetchError(PipelineError):
    """A page could not be had."""

    def __init__(self, sentence: str, *, url: str, hint: str = "") -> None:
        super().__init__(sentence, hint=hint)
        self.url = url


class UnreachableError(FetchError):
    """The network or the server failed; a later try may help. `retry_after` is what the server asked for."""

    def __init__(self, sentence: str, *, url: str, status: int | None = None, retry_after: timedelta | None = None) -> None:
        super().__init__(sentence, url=url)
        self.status = status
        self.retry_after = retry_after


class RefusedError(FetchError):
    """We may not or cannot have this page; asking again is no use. `status` is None where we did not even ask."""

    def __init__(self, sentence: str, *, url: str, status: int | None = None, hint: str = "") -> None:
        super().__init__(sentence, url=url, hint=hint)
        self.status = status


class TooLargeError(FetchError):
    """The answer went past a bound. `limit` is in bytes."""

    def __init__(self, sentence: str, *, url: str, limit: int) -> None:
        super().__init__(sentence, url=url)
        self.limit = limit


class ParseError(PipelineError):
    """The bytes of a source are not what its kind promises."""

    def __init__(self, sentence: str, *, source: str, hint: str = "") -> None:
        super().__init__(sentence, hint=hint)
        self.source = source


class ExtractError(PipelineError):
    """A page that is no resource: a login wall, a consent page, an empty shell. `reason` is the short code."""

    def __init__(self, sentence: str, *, url: str, reason: str) -> None:
        super().__init__(sentence)
        self.url = url
        self.reason = reason


class RenderError(PipelineError):
    """An edition could not be set. `place` names the entry or format at fault."""

    def __init__(self, sentence: str, *, place: str, hint: str = "") -> None:
        super().__init__(sentence, hint=hint)
        self.place = place


class StoreError(PipelineError):
    """The database cannot be read or written."""


class NotFoundError(StoreError):
    """There is no such item, source, edition or subscriber."""

    def __init__(self, what: str, name: object, *, hint: str = "") -> None:
        super().__init__(f"There is no {what} {name}.", hint=hint)
        self.what = what
        self.name = name


class ConflictError(StoreError):
    """Somebody decided first."""


class LockedError(StoreError):
    """Another instance is at work on this database."""

    exit_code = 75


class TransitionError(PipelineError):
    """A verdict that the item's state does not allow."""

    def __init__(self, sentence: str, *, item: int, verdict: str) -> None:
        super().__init__(sentence)
        self.item = item
        self.verdict = verdict


class DeliveryError(PipelineError):
    """One address could not be mailed. `permanent`: a later try is no use; `alone`: others at the same domain are not concerned."""

    def __init__(self, sentence: str, *, address: str, permanent: bool, alone: bool = True) -> None:
        super().__init__(sentence)
        self.address = address
        self.permanent = permanent
        self.alone = alone


class UnavailableError(PipelineError):
    """A server that we need (SMTP, cluster) does not answer."""

    exit_code = 69
