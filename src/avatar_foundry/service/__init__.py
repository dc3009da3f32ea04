"""The HTTP service: thin routes over the engine. The engine never imports it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import create_app
    from .run import serve, take_jobs

# Loaded on first use: `avatar-foundry keys` needs the records only, not the engine.
_HOMES = {"create_app": "app", "serve": "run", "take_jobs": "run"}
__all__ = ["create_app", "serve", "take_jobs"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
