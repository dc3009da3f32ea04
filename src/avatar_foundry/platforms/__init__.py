"""One file per engine: declarations only. Found by walking this package."""

from importlib import import_module
from pkgutil import iter_modules

from .platform import Budget, Platform

PLATFORMS: dict[str, Platform] = {
    found.id: found
    for module in sorted(m.name for m in iter_modules(__path__))
    if isinstance(found := getattr(import_module(f"{__name__}.{module}"), "PLATFORM", None), Platform)
}

__all__ = ["PLATFORMS", "Budget", "Platform"]
