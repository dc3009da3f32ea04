"""AXIS Avatar Foundry: from a few words to a complete game character.

>>> import avatar_foundry
>>> result = avatar_foundry.generate({"preset": "warrior", "platform": "unity"})
>>> open("warrior.glb", "wb").write(result.files["warrior.glb"])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .avatar import Avatar as Avatar
    from .build import Result as Result
    from .build import build as generate
    from .errors import (
        Cancelled,
        ExportRefused,
        FoundryError,
        PackError,
        RecipeError,
        SourceError,
        StageFailed,
    )
    from .formats import read_glb
    from .platforms import PLATFORMS
    from .presets import load_presets
    from .recipe import Recipe

# Loaded on first use: the engine takes half a second to import, and `--help` needs none of it.
_HOMES = {
    "Avatar": ("avatar", "Avatar"),
    "Cancelled": ("errors", "Cancelled"),
    "ExportRefused": ("errors", "ExportRefused"),
    "FoundryError": ("errors", "FoundryError"),
    "PLATFORMS": ("platforms", "PLATFORMS"),
    "PackError": ("errors", "PackError"),
    "Recipe": ("recipe", "Recipe"),
    "RecipeError": ("errors", "RecipeError"),
    "Result": ("build", "Result"),
    "SourceError": ("errors", "SourceError"),
    "StageFailed": ("errors", "StageFailed"),
    "generate": ("build", "build"),
    "load_presets": ("presets", "load_presets"),
    "read_glb": ("formats", "read_glb"),
}

__all__ = [
    "PLATFORMS",
    "Avatar",
    "Cancelled",
    "ExportRefused",
    "FoundryError",
    "PackError",
    "Recipe",
    "RecipeError",
    "Result",
    "SourceError",
    "StageFailed",
    "__version__",
    "generate",
    "load_presets",
    "read_glb",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        module, attribute = _HOMES[name]
        return getattr(import_module(f".{module}", __name__), attribute)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
