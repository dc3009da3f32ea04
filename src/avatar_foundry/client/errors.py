"""Everything that a call can raise: one tree, each with the API's error shape.

FoundryApiError        error_code, detail, suggestions, issues, request_id, is_retryable, status
   x ConnectionFailed     the service was not reached, or the line was lost for good
   x DownloadCorrupt      a file is not what the service said it is
   x ValidationFailed ... one class per `error_code`; see BY_CODE
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .types import Issue, Suggestion


class FoundryApiError(Exception):
    """An error of the API. `str(error)` is one line for people; the attributes are for programs.

    error:         the title, e.g. "Validation Failed"
    error_code:    the stable constant, e.g. "VALIDATION_ERROR"
    detail:        this case, in words
    suggestions:   ways out; those that are `auto_fixable` have an `action` that a request's `fixes` accepts
    issues:        offending fields, as JSON pointers with a message each
    request_id:    for the service's log
    is_retryable:  the same call may succeed later (the client tried already)
    status:        the HTTP status; None when the error came in a stream
    body:          everything that the service said, fields of newer versions included
    """

    def __init__(self, body: Mapping[str, Any], status: int | None = None) -> None:
        self.body = dict(body)
        self.status = status
        self.error = str(body.get("error") or "Error")
        self.error_code = str(body.get("error_code") or "UNKNOWN")
        self.detail = str(body.get("detail") or "")
        self.suggestions: Sequence[Suggestion] = _list(body.get("suggestions"))
        self.issues: Sequence[Issue] = _list(body.get("issues"))
        self.request_id = str(body.get("request_id") or "")
        self.is_retryable = bool(body.get("is_retryable"))
        super().__init__(f"{self.error} [{self.error_code}]: {self.detail}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.body, self.status)


def _list(value: Any) -> list[Any]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


class ConnectionFailed(FoundryApiError):
    """The service was not reached, or the connection was lost and could not be had again."""


class DownloadCorrupt(FoundryApiError):
    """A downloaded file has another size or hash than the service says; nothing was left on the disk."""


class ValidationFailed(FoundryApiError):
    """The request cannot be met as written; `issues` names the fields."""


class Unauthorized(FoundryApiError):
    """No key, or one that is wrong, expired or revoked."""


class Forbidden(FoundryApiError):
    """The key's scope is too small, or a review holds the files."""


class NotFound(FoundryApiError):
    """There is no such thing, or it is somebody else's."""


class Conflict(FoundryApiError):
    """It does not go together with how things stand."""


class PayloadTooLarge(FoundryApiError):
    """The body or the file is larger than the service takes."""


class UnsupportedFormat(FoundryApiError):
    """The file's format is not read."""


class MeshUnreadable(FoundryApiError):
    """The file is damaged, or not what its name says."""


class MeshInvalid(FoundryApiError):
    """The mesh has faults that have to be repaired first."""


class NotHumanoid(FoundryApiError):
    """The mesh is not a human-like figure."""


class RigUncertain(FoundryApiError):
    """The skeleton could not be placed with enough confidence."""


class ExportRefused(FoundryApiError):
    """The platform's rules fail; `body["findings"]` lists them."""


class RateLimited(FoundryApiError):
    """Too many calls, for longer than the client was told to wait."""


class JobCancelled(FoundryApiError):
    """The job was cancelled."""


class InternalError(FoundryApiError):
    """The service failed; its log has the details under `request_id`."""


class Unavailable(FoundryApiError):
    """The service cannot work just now."""


class TimedOut(FoundryApiError):
    """The work took longer than the service allows."""


BY_CODE: Mapping[str, type[FoundryApiError]] = {
    "VALIDATION_ERROR": ValidationFailed,
    "UNAUTHORIZED": Unauthorized,
    "FORBIDDEN": Forbidden,
    "NOT_FOUND": NotFound,
    "CONFLICT": Conflict,
    "PAYLOAD_TOO_LARGE": PayloadTooLarge,
    "UNSUPPORTED_FORMAT": UnsupportedFormat,
    "MESH_UNREADABLE": MeshUnreadable,
    "MESH_INVALID": MeshInvalid,
    "NOT_HUMANOID": NotHumanoid,
    "RIG_UNCERTAIN": RigUncertain,
    "EXPORT_REFUSED": ExportRefused,
    "RATE_LIMITED": RateLimited,
    "CANCELLED": JobCancelled,
    "INTERNAL": InternalError,
    "UNAVAILABLE": Unavailable,
    "TIMEOUT": TimedOut,
}


def error_from(body: Any, status: int | None = None) -> FoundryApiError:
    """The exception for an error body; whatever a proxy on the way may have answered instead is taken too."""
    if isinstance(body, dict) and "error_code" in body:
        return BY_CODE.get(str(body["error_code"]), FoundryApiError)(body, status)
    text = body if isinstance(body, str) else ""
    retryable = status in (429, 502, 503, 504)
    said = " ".join(text.split())[:200]
    plain = {
        "error": "Unexpected Answer",
        "error_code": "UNKNOWN",
        "detail": f"status {status}" + (f": {said}" if said else ""),
        "is_retryable": retryable,
    }
    return FoundryApiError(plain, status)


def connection_failed(detail: str) -> ConnectionFailed:
    """The exception for a line that was lost."""
    return ConnectionFailed(
        {"error": "Connection Failed", "error_code": "CONNECTION_FAILED", "detail": detail, "is_retryable": True}
    )
