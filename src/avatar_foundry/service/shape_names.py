"""`morphTargets=` as Ready Player Me clients know it: groups and single names, separated by commas."""

from collections.abc import Mapping

from ..errors import Suggestion
from ..explain import nearest
from ..face import ARKIT, SHAPES, VISEMES
from .problems import Problem

# Names are compared without regard to case and spaces. `Default` is what Ready Player Me gave when nothing was asked.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "Default": ("mouthOpen", "mouthSmile"),
    "ARKit": ARKIT,
    "Oculus Visemes": VISEMES,
    "all": SHAPES,
}


def _plain(name: str) -> str:
    return "".join(name.split()).replace("_", "").replace("-", "").lower()


_KNOWN: Mapping[str, tuple[str, ...]] = {
    **{_plain(name): (name,) for name in SHAPES},
    **{_plain(name): shapes for name, shapes in GROUPS.items()},
}


def shapes_in(text: str) -> tuple[str, ...]:
    """The shapes that `text` names, in their usual order. Raises Problem for a name that there is not."""
    wanted: set[str] = set()
    for word in text.split(","):
        if not (plain := _plain(word)):
            continue
        if plain not in _KNOWN:
            close = nearest(word.strip(), (*GROUPS, *SHAPES))
            raise Problem(
                "VALIDATION_ERROR",
                f"/morphTargets: there is no shape or group '{word.strip()[:64]}'; groups are {', '.join(GROUPS)}",
                suggestions=[Suggestion(f"Use '{close[0]}'", "The nearest name that exists.", close[1])]
                if close
                else [],
            )
        wanted.update(_KNOWN[plain])
    return tuple(s for s in SHAPES if s in wanted)
