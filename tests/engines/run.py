"""Every platform, preset and pose through every engine: rows of a table."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from avatar_foundry.errors import ExportRefused
from avatar_foundry.platforms import PLATFORMS

from .blender import Blender
from .file_rules import FileRules
from .godot3 import Godot3
from .khronos import Khronos
from .loaders import FbxLoader, GlbLoader
from .open_usd import OpenUsd
from .outcome import Check, Outcome
from .subject import Subject, make
from .three_vrm import ThreeVrm
from .ufbx_counts import Ufbx

PRESETS = ("warrior", "mage", "child", "casual")
POSES = ("T", "A")
T_ONLY = "skeleton/t-pose"  # platforms that demand the T-pose refuse the A-pose by this rule


@dataclass
class Row:
    """outcomes: by the titles of the checks.  refused: the rules that refused the export."""

    platform: str
    preset: str
    pose: str
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    failed: str = ""

    @property
    def as_documented(self) -> bool:
        """Whether it was refused, and had to be: the platform raises that rule and the pose is not its own."""
        severity, _ = PLATFORMS[self.platform].severities.get(T_ONLY, ("", ""))
        return self.pose != "T" and self.refused == (T_ONLY,) and severity == "error"

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong, in words."""
        own = [self.failed] if self.failed else []
        if self.refused and not self.as_documented:
            own.append(f"refused by {', '.join(self.refused)}")
        return own + [f"{title}: {p}" for title, o in self.outcomes.items() for p in o.problems]


class OwnRules:
    """What the platform's own rules find; an error refuses the export."""

    title = "own rules"

    def version(self) -> str:
        return ""

    def check(self, subject: Subject) -> Outcome | None:
        warned = sorted({f["rule"] for f in subject.findings if f["severity"] == "warning"})
        return Outcome(f"warns: {', '.join(warned)}" if warned else "pass")


def checks() -> list[Check]:
    """The table's columns."""
    return [
        OwnRules(),
        Khronos(),
        GlbLoader("three.js", "three", "pose_three.mjs"),
        GlbLoader("Babylon.js", "babylon", "babylon.mjs"),
        Blender("glb"),
        FbxLoader(),
        Blender("fbx"),
        Ufbx(),
        ThreeVrm(),
        Godot3(),
        OpenUsd(),
        FileRules(),
    ]


def combinations(
    platforms: Iterable[str], presets: Iterable[str], poses: Iterable[str]
) -> Iterator[tuple[str, str, str]]:
    """(preset, pose, platform), so that neighbours share what the caches hold."""
    for preset, pose in product(presets, poses):
        for platform in platforms:
            yield preset, pose, platform


def row(preset: str, pose: str, platform: str, columns: list[Check], spent: Callable[[str, float], None]) -> Row:
    """Build one subject and let every column look at it. spent: hears the seconds of each."""
    out = Row(platform, preset, pose)
    with tempfile.TemporaryDirectory() as name:
        started = time.perf_counter()
        try:
            subject = make(preset, platform, pose, Path(name))
        except ExportRefused as refusal:
            out.refused = tuple(sorted({f["rule"] for f in refusal.findings if f["severity"] == "error"}))
            return out
        except Exception as error:
            out.failed = f"not built: {type(error).__name__}: {error}"
            return out
        spent("build", time.perf_counter() - started)

        def look(column: Check) -> Outcome | None:
            began = time.perf_counter()
            try:
                return column.check(subject)
            except Exception as error:
                return Outcome("failed", (f"{type(error).__name__}: {error}",))
            finally:
                spent(column.title, time.perf_counter() - began)

        # Two at a time: three.js, Babylon.js and Blender are processes of their own
        with ThreadPoolExecutor(2) as pool:
            for column, outcome in zip(columns, pool.map(look, columns), strict=True):
                if outcome is not None:
                    out.outcomes[column.title] = outcome
    return out
