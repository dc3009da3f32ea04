"""Blender: rest, three poses and three expressions of the GLB and of the FBX, evaluated by its own modifiers."""

import json
import re

import numpy as np

from .asked import of_avatar, of_glb
from .installed import blender
from .outcome import Outcome, distances, judged
from .subject import Subject


class Blender:
    """kind: "glb" or "fbx"."""

    def __init__(self, kind: str) -> None:
        self.title, self._kind, self._version = f"Blender {kind.upper()}", kind, ""

    def version(self) -> str:
        return self._version

    def check(self, subject: Subject) -> Outcome | None:
        process = blender()
        files = [subject.main] if self._kind == "glb" else subject.paths(".fbx")
        if process is None or not files:
            return None
        asked = of_glb(subject.main.read_bytes()) if self._kind == "glb" else of_avatar(subject.avatar)
        if self._kind == "fbx":
            for pose in asked.request["poses"]:
                pose["matrices"] = {in_fbx(n): m for n, m in pose["matrices"].items()}
        request, out = subject.folder / f"blender_{self._kind}.json", subject.folder / f"blender_{self._kind}.bin"
        request.write_text(json.dumps(asked.request))
        told = process.ask(arguments=[str(p) for p in (files[0], request, out)])
        self._version = told["version"]
        values = np.fromfile(out, np.float32).reshape(-1, 3)
        far = distances(told["meshes"], values, asked.expected, part_of)
        problems = []
        skeleton, names = asked.avatar.skeleton, {p.name for p in asked.avatar.parts}
        assert skeleton is not None
        if (seen := {part_of(m["name"]) for m in told["meshes"]}) != names:
            problems.append(f"other meshes: {sorted(seen ^ names)[:4]}")
        bones = [in_fbx(n) if self._kind == "fbx" else n for n in skeleton.names]
        if lost := set(bones) - told["rest"].keys():
            problems.append(f"bones missing: {sorted(lost)[:4]}")
        else:
            rest = np.array([told["rest"][n] for n in bones]).reshape(-1, 4, 4)
            far["joints"] = 1000 * float(np.abs(rest[:, :3, 3] - skeleton.rest[:, :3, 3]).max())
        morphs = {part_of(m["name"]): m["morphs"] for m in told["meshes"]}
        if few := [p.name for p in asked.avatar.parts if morphs.get(p.name) != len(p.mesh.morphs)]:
            problems.append(f"other shapes on {few[:4]}")
        return judged(far, problems)


def in_fbx(bone: str) -> str:
    """A bone's name in FBX: Mixamo's have a colon there, and only there."""
    return re.sub("^mixamorig(?!:)", "mixamorig:", bone)


def part_of(name: str) -> str:
    """A mesh of Blender's -> the part: Unity's levels carry endings."""
    return re.sub(r"_LOD0$", "", name)
