"""What is checked: one preset, written for one platform in one pose, in all formats that the platform has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import avatar_foundry.build as build_module
from avatar_foundry.account import Written, produce
from avatar_foundry.avatar import Avatar
from avatar_foundry.platforms import PLATFORMS, Platform

CLIP = "walk"


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
    """Build and write it into `folder`. Raises ExportRefused and what else `build` raises."""
    engine = PLATFORMS[platform]
    asked = {
        "preset": preset,
        "platform": platform,
        "pose": pose,
        "formats": list(engine.formats),
        "animations": [CLIP],
    }
    kept: list[Written] = []

    def keep(*args: Any) -> Written:
        kept.append(produce(*args))
        return kept[0]

    with mock.patch.object(build_module, "produce", keep):
        build_module.build({**asked, "texture_size": 256, "lods": False, "name": preset})
    (made,) = kept
    for title, data in made.files.items():
        (folder / title).write_bytes(data)
    return Subject(preset, engine, pose, made.avatar, made.files, made.findings, folder)
