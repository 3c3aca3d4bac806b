"""What went wrong, as programs read it: problem+json (RFC 9457) with a sentence and a hint. Tells nothing of a bug but that it is one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from starlette.responses import Response

from pipeline.errors import PipelineError
from pipeline.plain import to_plain
from pipeline.publish.submissions import TooManyError
from pipeline.web.api.schema import Fault, Note
from pipeline.web.problems import RefusedVisitError, status_of

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What went wrong (RFC 9457)."""

    type: Annotated[str, Note(about="Always about:blank: the status says what sort of trouble it is.")]
    title: Annotated[str, Note(about="The status in words.")]
    status: int
    detail: Annotated[str, Note(about="One sentence for a person.")]
    hint: Annotated[str, Note(about="What to do next; may be empty.")]
    errors: Annotated[tuple[Fault, ...], Note(about="Each thing wrong in what was sent, where that is the trouble.")]


class FaultyError(RefusedVisitError):
    """What was sent does not fit the operation; `faults` says where."""

    def __init__(self, faults: Sequence[Fault], *, sentence: str = "What was sent does not fit this operation.") -> None:
        first = faults[0]
        super().__init__(sentence, status=422, hint=f"{first.where}: {first.problem} {first.hint}".strip())
        self.faults = tuple(faults)


class RefusedProgramError(RefusedVisitError):
    """A program that may not do this; `headers` tell it how it could."""

    def __init__(self, sentence: str, *, status: int, hint: str = "", headers: Mapping[str, str]) -> None:
        super().__init__(sentence, status=status, hint=hint)
        self.headers = headers


def problem(error: PipelineError | None) -> Response:
    """Answer with what went wrong; `None` is a bug."""
    status = 500 if error is None else 429 if isinstance(error, TooManyError) else status_of(error)
    made = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=error.sentence if error else "Something went wrong here.",
        hint=error.hint if error else "It has been written to the log. Nothing was changed.",
        errors=error.faults if isinstance(error, FaultyError) else (),
    )
    body = json.dumps(to_plain(made), ensure_ascii=False).encode("utf-8", "replace")
    headers = dict(error.headers) if isinstance(error, RefusedProgramError) else {}
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)
