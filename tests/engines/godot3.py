"""Godot 3 without a screen imports the GLB: bones where they belong, shapes by name, skins bound to every joint.

Its editor imports, but never ends when it is told to quit: it is ended as soon as the file is imported. The importer of
Godot 4 descends from this one.
"""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np

from avatar_foundry.formats import read_glb

from .installed import godot3
from .outcome import CLOSE, Outcome
from .subject import Subject

PROJECT = 'config_version=4\n[application]\nconfig/name="check"\n'
PATIENCE = 300.0  # seconds for one import
PLATFORMS = ("godot",)


class Godot3:
    title = "Godot 3"

    def __init__(self) -> None:
        self._version = ""

    def version(self) -> str:
        return self._version

    def check(self, subject: Subject) -> Outcome | None:
        program = godot3()
        if program is None or subject.platform.id not in PLATFORMS:
            return None
        project = subject.folder / "godot3"
        project.mkdir()
        (project / "project.godot").write_text(PROJECT)
        shutil.copy(subject.main, project / "a.glb")
        shutil.copy(Path(__file__).with_name("godot3_check.gd"), project / "check.gd")
        import_all(program, project)
        command = [program, "--path", str(project), "--script", "check.gd"]
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE).stdout
        found = re.search(r"^ANSWER (.*)$", said, re.MULTILINE)
        if found is None:
            return Outcome("failed", (f"Godot says: {said[-800:]}",))
        answer = json.loads(found[1])
        self._version = re.split(r"[-.]stable", answer["version"])[0]
        told = answer["files"]["a.glb"]
        avatar = read_glb(subject.main.read_bytes())
        assert avatar.skeleton is not None
        names = {n: snake_case(n) for n in avatar.skeleton.names}
        problems = []
        if lost := sorted(n for n, theirs in names.items() if theirs not in told["bones"]):
            problems.append(f"bones missing: {lost[:4]}")
            far = np.inf
        else:
            seen = np.array([told["bones"][names[n]] for n in avatar.skeleton.names])
            far = 1000 * float(np.abs(seen - avatar.skeleton.rest[:, :3, 3]).max())
            if far > CLOSE:
                problems.append(f"a joint lies {far:.3f} mm off")
            for name, up in zip(avatar.skeleton.names, avatar.skeleton.parents.tolist(), strict=True):
                above = names[avatar.skeleton.names[up]] if up >= 0 else ""
                if told["parents"][names[name]] != above:
                    problems.append(f"{name} hangs on {told['parents'][names[name]]}")
        meshes = {re.sub(r"[.:@/]", "", p.name): p.mesh for p in avatar.parts}
        if meshes.keys() != told["meshes"].keys():
            problems.append(f"other meshes: {sorted(meshes.keys() ^ told['meshes'].keys())[:4]}")
        for name in meshes.keys() & told["meshes"].keys():
            mine, theirs = meshes[name], told["meshes"][name]
            if [m.name for m in mine.morphs] != theirs["shapes"]:
                problems.append(f"other shapes on {name}")
            if (len(mine.positions), len(names)) != (theirs["vertices"], theirs["binds"]):
                problems.append(f"other vertices or binds on {name}")
        shapes = {s for m in told["meshes"].values() for s in m["shapes"]}
        return Outcome(f"{len(told['bones'])} bones, {len(shapes)} shapes, {far:.4f}", tuple(problems))


def import_all(program: str, project: Path) -> None:
    """Let the editor import the project's one file. Raises TimeoutError."""
    editor = subprocess.Popen(
        [program, "--path", str(project), "--editor"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + PATIENCE
        while not list((project / ".import").glob("a.glb-*.md5")):  # written last
            if time.monotonic() > until or editor.poll() is not None:
                raise TimeoutError("Godot does not import")
            time.sleep(0.2)
    finally:
        editor.kill()
        editor.wait()


def snake_case(name: str) -> str:
    """As Godot 3's importer renames bones: LeftUpperArm -> left_upper_arm."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
