"""three.js and Babylon.js: rest, three poses, three expressions and every shape of the main GLB; FBX in three.js."""

import json
import re
from typing import Any

import numpy as np

from .asked import EXPRESSIONS, of_avatar, of_glb
from .installed import node
from .outcome import Outcome, distances, far_shapes, judged
from .subject import Subject

VERTICES = 3  # floats each


class GlbLoader:
    """A GLB in an engine that runs in Node."""

    def __init__(self, title: str, engine: str, script: str) -> None:
        self.title, self._engine, self._script, self._version = title, engine, script, ""

    def version(self) -> str:
        return self._version

    def check(self, subject: Subject) -> Outcome | None:
        asked = of_glb(subject.main.read_bytes())
        request, out = subject.folder / f"{self._engine}.json", subject.folder / f"{self._engine}.bin"
        request.write_text(json.dumps({**asked.request, "morphs": True}))
        words = [str(p) for p in (subject.main, request, out)]
        told = node(self._engine).ask(script=self._script, arguments=words)
        self._version = told["version"]
        values = np.fromfile(out, np.float32).reshape(-1, VERTICES)
        far = distances(told["meshes"], values, asked.expected) | far_shapes(told["moved"], asked.shapes)
        return judged(far, complaints(told, {p.name for p in asked.avatar.parts}))


def complaints(told: dict[str, Any], parts: set[str]) -> list[str]:
    """What an engine lacks."""
    out = []
    if (seen := {m["name"] for m in told["meshes"]}) != parts:
        out.append(f"other meshes: {sorted(seen ^ parts)[:4]}")
    if told["missing"]:
        out.append(f"bones missing: {told['missing'][:4]}")
    return out


class FbxLoader:
    """An FBX in three.js' FBXLoader: at rest and with expressions. It turns Z-up scenes as a whole: metres, +Y up."""

    title = "three.js FBX"

    def __init__(self) -> None:
        self._version = ""

    def version(self) -> str:
        return self._version

    def check(self, subject: Subject) -> Outcome | None:
        files = subject.paths(".fbx")
        if not files:
            return None
        asked = of_avatar(subject.avatar)
        wanted = {"rest": "", **{e: e for e in EXPRESSIONS if e in asked.request["expressions"]}}
        request, out = subject.folder / "three_fbx.json", subject.folder / "three_fbx.bin"
        request.write_text(json.dumps({"expressions": list(wanted.values()), "times": []}))
        told = node("fbx").ask(script="pose_fbx.mjs", arguments=[str(p) for p in (files[0], request, out)])
        self._version = told["version"]
        values = 0.01 * np.fromfile(out, np.float32).reshape(-1, VERTICES)
        faces = {p.name: p.mesh.faces.ravel() for p in asked.avatar.parts}
        expected = [
            (title, {name: points[faces[name]] for name, points in surfaces.items()})
            for title, surfaces in asked.expected
            if title in wanted
        ]
        names = {sanitised(name): name for name in faces}
        far = distances(told["meshes"], values, expected, lambda n: names.get(n.removesuffix("_LOD0"), n))
        return judged(far)


def sanitised(name: str) -> str:
    """As three.js renames nodes."""
    return re.sub(r"[\[\].:/]", "", name.replace(" ", "_"))
