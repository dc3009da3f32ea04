"""What is found out and done on the way from an upload to an avatar: the account that the answer gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..autorig.fit import Fit
from ..fitting import Notes
from ..formats.readers import Source
from ..repair import Applied, Whole
from ..rules.source_registry import Found
from .places import F64, Placing, listed


@dataclass(slots=True)
class Rig:
    """How the skeleton came about.

    state: "kept" (the file's own, joint for joint), "mapped" (the file's own, with joints added or merged), "created".
    confidence: 0..1.  joints: canonical name -> 0..1.  family: whose names the file used.
    places: canonical name -> (3,) in the file's space.  placing: from there to where the figure stands.
    hints: joints whose places were given.
    """

    state: str
    confidence: float
    joints: Mapping[str, float]
    family: str = ""
    notes: Sequence[str] = ()
    places: Mapping[str, F64] = field(default_factory=dict)
    placing: Placing = field(default_factory=Placing)
    hints: Sequence[str] = ()

    def facts(self) -> dict[str, Any]:
        """As the answer has it."""
        return {
            "state": self.state,
            "confidence": round(self.confidence, 3),
            "joints": {name: round(p, 3) for name, p in self.joints.items()},
            "family": self.family,
            "notes": list(self.notes),
            "places": listed(self.places),
            "transform": self.placing.facts(),
            "hints": list(self.hints),
        }


@dataclass(slots=True)
class Ledger:
    """Filled by the stages, in order; read when the answer is made."""

    source: Source | None = None
    found: list[Found] = field(default_factory=list)
    whole: Whole | None = None  # the surface as analysed, until it is mended
    height: float = 0.0  # in the file's unit
    box: tuple[F64, F64] | None = None  # of what was read, in the file's space
    moved: Placing = field(default_factory=Placing)  # what mending did to the whole figure
    before: list[dict[str, Any]] = field(default_factory=list)
    after: list[dict[str, Any]] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)
    rig: Rig | None = None
    fit: Fit | None = None
    face: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    fitted: Notes = field(default_factory=list)  # what was done to meet the budget
