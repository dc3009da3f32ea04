"""What came of a face: the account that an answer gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Report:
    """state: "made", "kept" (all that there was to make was there), "partly" or "none".

    made: shapes added, in order.  kept: our name -> the file's own name for it.  limited, missing: shape -> why.
    mouth: "parted", "sealed", "drawn" or "none". eyes: "lids", "bare" or "none".
    miss: how far our head lies from theirs, in distances between the eyes, median. blink_gap: metres, the worst.
    """

    state: str
    reason: str
    made: tuple[str, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    limited: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    mouth: str = "none"
    eyes: str = "none"
    parts: Mapping[str, int] = field(default_factory=dict)
    miss: float | None = None
    blink_gap: float | None = None
    confidence: float = 0.0

    def facts(self) -> dict[str, Any]:
        """As the answer has it."""
        return {
            "state": self.state,
            "reason": self.reason,
            "made": list(self.made),
            "kept": dict(self.kept),
            "limited": dict(self.limited),
            "missing": dict(self.missing),
            "mouth": self.mouth,
            "eyes": self.eyes,
            "parts": dict(self.parts),
            "confidence": round(self.confidence, 3),
        }
