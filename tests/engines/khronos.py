"""Khronos' glTF validator over every GLB and VRM: no error, no warning but those that VRM itself brings."""

from .installed import node
from .outcome import Outcome
from .subject import Subject

TANGENTS = "MESH_PRIMITIVE_GENERATED_TANGENT_SPACE"  # VRM forbids TANGENT
UNPREFIXED = "INVALID_EXTENSION_NAME_FORMAT"  # the old format's extension is called VRM
BROUGHT = {".vrm": {TANGENTS}, "_vrm0.vrm": {TANGENTS, UNPREFIXED}}
WARNING = 1


class Khronos:
    title = "Khronos"

    def __init__(self) -> None:
        self._version = ""

    def version(self) -> str:
        return self._version

    def check(self, subject: Subject) -> Outcome | None:
        paths = subject.paths(".glb", ".vrm")
        told = node("khronos").ask(script="validate.mjs", arguments=[str(p) for p in paths])
        problems, brought = [], 0
        for path, report in zip(paths, told, strict=True):
            self._version = report["version"]
            known = set().union(*(codes for ending, codes in BROUGHT.items() if path.name.endswith(ending)))
            for issue in report["issues"]:
                if issue["severity"] > WARNING:
                    continue
                if issue["severity"] == WARNING and issue["code"] in known:
                    brought += 1
                    continue
                problems.append(f"{path.name}: {issue['code']} at {issue.get('pointer', '')}: {issue['message']}")
        return Outcome(f"{len(paths)} files" if len(paths) > 1 else "1 file", tuple(problems[:6]))
