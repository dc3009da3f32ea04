"""The error tree.

FoundryError      .stage names where, .hint says what to do, .pointer which field or element
   x RecipeError     the request cannot be met as written             422 VALIDATION_ERROR
   x SourceError     the uploaded file cannot be used                 422 MESH_UNREADABLE
   x MeshInvalid     the mesh has faults that were not to be mended   422 MESH_INVALID
   |   x DegenerateMesh  its faces have no area                       422 VALIDATION_ERROR, as the reference page has it
   x NotHumanoid     the mesh is no figure that a skeleton fits       422 NOT_HUMANOID
   x RigUncertain    a skeleton was found, but not surely enough      422 RIG_UNCERTAIN
   x ExportRefused   the platform's rules fail; .findings lists them  422 EXPORT_REFUSED
   x PackError       the data pack is missing, damaged or unreachable 503 UNAVAILABLE
   x StageFailed     our bug or our limit                             500 INTERNAL
   x Cancelled       on_step said stop                                499 CANCELLED
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Suggestion(NamedTuple):
    """One way out of an error, made from the finding that caused it.

    `action` is the machine-readable id that a request's `fixes` accepts, or "" when only a person can act.
    """

    title: str
    description: str
    confidence: float = 0.5
    auto_fixable: bool = False
    action: str = ""


class Issue(NamedTuple):
    """One offending field: a JSON pointer and what is wrong there."""

    pointer: str
    message: str


class FoundryError(Exception):
    """Base of everything that the foundry raises on purpose."""

    def __init__(
        self,
        message: str,
        *,
        stage: str = "",
        hint: str = "",
        pointer: str = "",
        suggestions: Sequence[Suggestion] = (),
        issues: Sequence[Issue] = (),
    ) -> None:
        super().__init__(message)
        self.stage = stage
        self.hint = hint
        self.pointer = pointer
        self.suggestions = tuple(suggestions)
        self.issues = tuple(issues)


class RecipeError(FoundryError):
    """The request cannot be met as written."""


class SourceError(FoundryError):
    """The uploaded file cannot be used."""


class MeshInvalid(FoundryError):
    """The uploaded mesh has faults that were not to be mended; `findings` lists them."""

    def __init__(self, message: str, *, findings: Sequence[Any] = (), **context: Any) -> None:
        super().__init__(message, **context)
        self.findings = tuple(findings)


class DegenerateMesh(MeshInvalid):
    """The mesh has degenerate faces: the reference page shows this very error, with a code of its own."""


class NotHumanoid(FoundryError):
    """The mesh is no figure that a skeleton fits; `reasons` say why."""

    def __init__(self, message: str, *, confidence: float = 0.0, reasons: Sequence[str] = (), **context: Any) -> None:
        super().__init__(message, **context)
        self.confidence = confidence
        self.reasons = tuple(reasons)


class RigUncertain(FoundryError):
    """A skeleton was found, but not surely enough to use it unasked.

    confidence: 0..1, the least of the joints that count.  joints: per joint 0..1.  picture: a PNG of what was found.
    rig: what was found, as an answer has it.
    """

    def __init__(
        self,
        message: str,
        *,
        confidence: float = 0.0,
        joints: Mapping[str, float] | None = None,
        reasons: Sequence[str] = (),
        picture: bytes = b"",
        rig: Mapping[str, Any] | None = None,
        **context: Any,
    ) -> None:
        super().__init__(message, **context)
        self.confidence = confidence
        self.joints = dict(joints or {})
        self.reasons = tuple(reasons)
        self.picture = picture
        self.rig = dict(rig or {})


class ExportRefused(FoundryError):
    """The platform's rules fail; `findings` lists them."""

    def __init__(self, message: str, *, findings: Sequence[Any] = (), **context: Any) -> None:
        super().__init__(message, **context)
        self.findings = tuple(findings)


class PackError(FoundryError):
    """The data pack is missing, damaged or cannot be fetched."""


class StageFailed(FoundryError):
    """A stage failed: our bug or our limit."""


class Cancelled(FoundryError):
    """`on_step` asked to stop."""
