"""The HTTP service: thin routes over the engine. The engine never imports it."""

from .app import create_app
from .run import serve

__all__ = ["create_app", "serve"]
