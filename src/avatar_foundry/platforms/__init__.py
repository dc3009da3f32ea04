"""One file per engine: declarations only. Found by walking this package."""

from importlib import import_module
from pkgutil import iter_modules

from .platform import Budget, Platform

PLATFORMS: dict[str, Platform] = {}  # by id; filled below, after the name exists for modules that import it

for _module in sorted(m.name for m in iter_modules(__path__)):
    _found = getattr(import_module(f"{__name__}.{_module}"), "PLATFORM", None)
    if isinstance(_found, Platform):
        PLATFORMS[_found.id] = _found

__all__ = ["PLATFORMS", "Budget", "Platform"]
