"""What a visitor is told when something cannot be done: which status belongs to which of our errors."""

from __future__ import annotations

from pipeline.errors import ConflictError, LockedError, NotFoundError, PipelineError, StoreError, TransitionError, UnavailableError


class RefusedVisitError(PipelineError):
    """A request that we do not answer, by the rules of the door. `status` is the HTTP status."""

    def __init__(self, sentence: str, *, status: int, hint: str = "") -> None:
        super().__init__(sentence, hint=hint)
        self.status = status


def status_of(error: PipelineError) -> int:
    """Give the HTTP status (RFC 9110) of one of our errors; what has no better one is 422."""
    match error:
        case RefusedVisitError():
            return error.status
        case NotFoundError():
            return 404
        case ConflictError() | TransitionError():
            return 409
        case LockedError() | UnavailableError() | StoreError():
            return 503
        case _:
            return 422
