"""The one error shape of the API, for HTTP, event streams, WebSocket and the command line's --json."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .errors import (
    Cancelled,
    DegenerateMesh,
    ExportRefused,
    FoundryError,
    Issue,
    MeshInvalid,
    NotHumanoid,
    PackError,
    RecipeError,
    RigUncertain,
    SourceError,
    StageFailed,
    Suggestion,
)


class Code(NamedTuple):
    """title: for people. status: HTTP. retryable: the same call may succeed later."""

    title: str
    status: int
    retryable: bool = False


CODES: Mapping[str, Code] = {
    "VALIDATION_ERROR": Code("Validation Failed", 422),  # 400 when the JSON cannot be parsed
    "UNAUTHORIZED": Code("Unauthorized", 401),
    "FORBIDDEN": Code("Forbidden", 403),
    "NOT_FOUND": Code("Not Found", 404),
    "METHOD_NOT_ALLOWED": Code("Method Not Allowed", 405),
    "CONFLICT": Code("Conflict", 409),
    "PRECONDITION_FAILED": Code("Precondition Failed", 412),
    "PAYLOAD_TOO_LARGE": Code("Payload Too Large", 413),
    "UNSUPPORTED_FORMAT": Code("Unsupported Format", 415),
    "RANGE_NOT_SATISFIABLE": Code("Range Not Satisfiable", 416),
    "MESH_UNREADABLE": Code("Mesh Unreadable", 422),
    "MESH_INVALID": Code("Validation Failed", 422),
    "NOT_HUMANOID": Code("Not Humanoid", 422),
    "RIG_UNCERTAIN": Code("Rig Uncertain", 422),
    "EXPORT_REFUSED": Code("Export Refused", 422),
    "RATE_LIMITED": Code("Too Many Requests", 429, True),
    "CHECKSUM_MISMATCH": Code("Checksum Mismatch", 460, True),
    "CANCELLED": Code("Cancelled", 499),
    "INTERNAL": Code("Internal Error", 500, True),
    "UNAVAILABLE": Code("Unavailable", 503, True),
    "TIMEOUT": Code("Timeout", 504, True),
}


class Kind(NamedTuple):
    """code: a key of CODES. exit: the command line's exit code."""

    code: str
    exit: int

    @property
    def status(self) -> int:
        """The HTTP status."""
        return CODES[self.code].status


KINDS: Mapping[type[FoundryError], Kind] = {
    RecipeError: Kind("VALIDATION_ERROR", 2),
    SourceError: Kind("MESH_UNREADABLE", 2),
    DegenerateMesh: Kind("VALIDATION_ERROR", 2),
    MeshInvalid: Kind("MESH_INVALID", 2),
    NotHumanoid: Kind("NOT_HUMANOID", 3),
    RigUncertain: Kind("RIG_UNCERTAIN", 3),
    ExportRefused: Kind("EXPORT_REFUSED", 3),
    PackError: Kind("UNAVAILABLE", 1),
    Cancelled: Kind("CANCELLED", 1),
    StageFailed: Kind("INTERNAL", 1),
    FoundryError: Kind("INTERNAL", 1),
}


def kind_of(error: BaseException) -> Kind:
    """The entry of the nearest class in KINDS; unknown exceptions are internal errors."""
    return next((KINDS[c] for c in type(error).__mro__ if c in KINDS), KINDS[StageFailed])


def body_of(
    code: str,
    detail: str,
    request_id: str = "",
    *,
    suggestions: Iterable[Suggestion] = (),
    issues: Iterable[Issue] = (),
    **more: Any,
) -> dict[str, Any]:
    """An error of `code` in the API's shape."""
    return {
        "error": CODES[code].title,
        "error_code": code,
        "detail": detail,
        "suggestions": [s._asdict() for s in suggestions],
        "request_id": request_id,
        "is_retryable": CODES[code].retryable,
        "issues": [i._asdict() for i in issues],
        **more,
    }


def error_body(error: BaseException, request_id: str = "") -> dict[str, Any]:
    """`error` in the API's shape. Internal errors keep their details for the log: no trace, path or SQL leaves."""
    code = kind_of(error).code
    more: dict[str, Any] = {}
    if isinstance(error, FoundryError) and error.stage:
        more["stage"] = error.stage
    if not isinstance(error, FoundryError) or code == "INTERNAL":
        return body_of(code, "The foundry failed; the log has the details.", request_id, **more)
    if error.hint:
        more["hint"] = error.hint
    if isinstance(error, ExportRefused | MeshInvalid):
        more["findings"] = list(error.findings)
    if isinstance(error, NotHumanoid | RigUncertain):
        more |= {"confidence": round(error.confidence, 3), "reasons": list(error.reasons)}
    if isinstance(error, RigUncertain):
        more["joints"] = {name: round(p, 3) for name, p in error.joints.items()}
        if error.rig:
            more["rig"] = error.rig
        if error.picture:
            more["picture"] = "data:image/png;base64," + base64.b64encode(error.picture).decode()
    issues = error.issues or ((Issue(error.pointer, str(error)),) if error.pointer else ())
    return body_of(code, str(error), request_id, suggestions=error.suggestions, issues=issues, **more)
