"""three-vrm: every VRM loads; bones and expressions move the surface, gaze turns the eyes, springs swing and settle."""

from typing import Any

from avatar_foundry.formats.vrm_expressions import CUSTOM, PRESETS
from avatar_foundry.humanoid import REQUIRED

from .installed import node
from .outcome import Outcome
from .subject import Subject

MM = 0.001
BONE = 1.0  # mm that turning a bone by 0.3 must move something
EXPRESSION = 0.1  # mm
REST = 0.05  # mm that two seconds without motion may move
SWING, SETTLED = 5.0, 1.0  # mm of a chain's end in a rush, and ten seconds later


class ThreeVrm:
    title = "three-vrm"

    def __init__(self) -> None:
        self._version = ""

    def version(self) -> str:
        return self._version

    def check(self, subject: Subject) -> Outcome | None:
        paths = subject.paths(".vrm")
        cells, problems = [], []
        for path in paths:
            told = node("three").ask(script="load_vrm.mjs", arguments=[str(path)])
            self._version = told["program"]
            swing = 1000 * max(told["springs"]["swing"].values(), default=0.0)
            cells.append(f"{len(told['bones'])} bones, {len(told['expressions'])} expressions, swing {swing:.0f} mm")
            faces = any(p.mesh.morphs for p in subject.avatar.parts)
            swings = bool(subject.avatar.springs) and "_mobile" not in path.name
            problems += [f"{path.name}: {p}" for p in complaints(told, faces, swings)]
        return Outcome(cells[0], tuple(problems)) if cells else None


def complaints(told: dict[str, Any], faces: bool, swings: bool) -> list[str]:
    """What a VRM does not do that it should. faces: it has shapes; swings: it has springs."""
    out = []
    if lost := REQUIRED - told["bones"].keys():
        out.append(f"bones missing: {sorted(lost)}")
    if stiff := [n for n, far in told["bones"].items() if not far > BONE * MM]:
        out.append(f"bones that move nothing: {stiff}")
    wanted = {*PRESETS, *CUSTOM} if faces else {"neutral"}
    names = {n if told["version"] == "1" or n in PRESETS else n[0].lower() + n[1:] for n in told["expressions"]}
    if lost := wanted - names:
        out.append(f"expressions missing: {sorted(lost)[:6]}")
    if dead := [n for n, e in told["expressions"].items() if n != "neutral" and not e["moved"] > EXPRESSION * MM]:
        out.append(f"expressions that move nothing: {dead[:6]}")
    x, y, z = told["lookAt"].get("direction", (0, 0, 0))
    if not (x > 0.1 and y > 0.03 and z > 0.8):  # the target is to the left, up and ahead
        out.append(f"the eyes look along {x:.2f} {y:.2f} {z:.2f}")
    if not told["rest"] < REST * MM:
        out.append(f"it moves by {1000 * told['rest']:.2f} mm at rest")
    if not told["finite"]:
        out.append("springs blow up")
    far = told["springs"]["swing"]
    if swings and not (far and max(far.values()) > SWING * MM):
        out.append("springs do not swing")
    if not told["springs"]["settled"] < SETTLED * MM:
        out.append(f"springs settle {1000 * told['springs']['settled']:.2f} mm off")
    return out
