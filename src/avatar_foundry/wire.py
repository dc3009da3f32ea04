"""The one error shape of the API, for HTTP, event streams, WebSocket and the command line's --json."""

from typing import Any, NamedTuple

from .errors import Cancelled, ExportRefused, FoundryError, PackError, RecipeError, SourceError, StageFailed


class Kind(NamedTuple):
    """title: for people. code: stable. status: HTTP. exit: the command line's. retryable: the same call may succeed."""

    title: str
    code: str
    status: int
    exit: int
    retryable: bool = False


KINDS: dict[type[FoundryError], Kind] = {
    RecipeError: Kind("Validation Failed", "VALIDATION_ERROR", 422, 2),
    SourceError: Kind("Mesh Unreadable", "MESH_UNREADABLE", 422, 2),
    ExportRefused: Kind("Export Refused", "EXPORT_REFUSED", 422, 3),
    PackError: Kind("Data Pack Unavailable", "UNAVAILABLE", 503, 1, True),
    Cancelled: Kind("Cancelled", "CANCELLED", 499, 1),
    StageFailed: Kind("Internal Error", "INTERNAL", 500, 1),
    FoundryError: Kind("Internal Error", "INTERNAL", 500, 1),
}


def kind_of(error: BaseException) -> Kind:
    """The entry of the nearest class in KINDS; unknown exceptions are internal errors."""
    return next((KINDS[c] for c in type(error).__mro__ if c in KINDS), KINDS[StageFailed])


def error_body(error: BaseException, request_id: str = "") -> dict[str, Any]:
    """`error` in the API's shape. Internal errors keep their details for the log: no trace, path or SQL leaves."""
    kind = kind_of(error)
    internal = kind.code == "INTERNAL"
    body: dict[str, Any] = {
        "error": kind.title,
        "error_code": kind.code,
        "detail": "The foundry failed; the log has the details." if internal else str(error),
        "suggestions": [],
        "request_id": request_id,
        "is_retryable": kind.retryable,
        "issues": [],
    }
    if isinstance(error, FoundryError) and not internal:
        body["suggestions"] = [s._asdict() for s in error.suggestions]
        body["issues"] = [i._asdict() for i in error.issues]
        if error.hint:
            body["hint"] = error.hint
    if isinstance(error, FoundryError) and error.stage:
        body["stage"] = error.stage
    if isinstance(error, ExportRefused):
        body["findings"] = list(error.findings)
    return body
