"""What is checked: one preset, written for one platform in one pose, in all formats that the platform has."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from avatar_foundry.account import produce
from avatar_foundry.avatar import Avatar
from avatar_foundry.pipeline import ignore_step
from avatar_foundry.plan import plan
from avatar_foundry.platforms import PLATFORMS, Platform
from avatar_foundry.recipe import parse
from avatar_foundry.resolve import resolve


@dataclass(frozen=True)
class Subject:
    """avatar: as it was handed to the writers.  files: in `folder`.  findings: of the platform's own rules."""

    preset: str
    platform: Platform
    pose: str
    avatar: Avatar = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)
    findings: list[dict[str, Any]] = field(repr=False)
    folder: Path

    @property
    def main(self) -> Path:
        """The main GLB."""
        return self.folder / next(iter(self.files))

    def paths(self, *endings: str) -> list[Path]:
        """The files with one of these endings."""
        return [self.folder / name for name in self.files if name.endswith(endings)]


def make(preset: str, platform: str, pose: str, folder: Path) -> Subject:
    """Build and write it into `folder`. Raises ExportRefused and what else `produce` raises."""
    engine = PLATFORMS[platform]
    asked = {"preset": preset, "platform": platform, "pose": pose, "formats": list(engine.formats)}
    recipe = resolve(parse({**asked, "texture_size": 256, "lods": False, "name": preset})).recipe

    def name(avatar: Avatar) -> Avatar:
        return replace(avatar, name=preset)

    started = time.perf_counter()
    made = produce(plan(recipe), engine, recipe.compression, recipe.formats, name, ignore_step, started)
    for title, data in made.files.items():
        (folder / title).write_bytes(data)
    return Subject(preset, engine, pose, made.avatar, made.files, made.findings, folder)
