"""Engines' own rules re-implemented: checkers that read nothing but the file (`check(data, name) -> problems`)."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from .outcome import Outcome
from .subject import Subject

# checker -> platforms ("" for all) and the endings of the files that it reads
READS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "unity_rules": (("unity", "vrchat"), (".glb", ".fbx")),
    "godot_rules": (("godot",), (".glb",)),
    "unreal_rules": (("unreal",), (".glb", ".fbx")),
    "roblox_rules": (("roblox",), (".glb", ".fbx")),
    "vrchat_rules": (("vrchat",), (".glb", ".vrm")),
    "usdz_rules": ((), (".usdz",)),
}


class FileRules:
    title = "engine's rules"

    def version(self) -> str:
        return ""

    def check(self, subject: Subject) -> Outcome | None:
        done, problems = [], []
        for module, (platforms, endings) in READS.items():
            paths = subject.paths(*endings)
            if (platforms and subject.platform.id not in platforms) or not paths:
                continue
            check = checker(module)
            if check is None:
                continue
            done.append(module.removesuffix("_rules"))
            for path in paths:
                problems += [f"{path.name}: {p}" for p in check(path.read_bytes(), path.name)]
        return Outcome(", ".join(done), tuple(problems)) if done else None


def checker(module: str) -> Callable[[bytes, str], list[str]] | None:
    """The function of a checker, or None where what it needs is not installed."""
    if find_spec(f"{__package__}.{module}") is None:
        return None
    try:
        found = import_module(f"{__package__}.{module}")
    except ImportError:
        return None
    if hasattr(found, "check"):
        check: Callable[[bytes, str], list[str]] = found.check
        return check
    return lambda data, name: list(found.problems(data))
