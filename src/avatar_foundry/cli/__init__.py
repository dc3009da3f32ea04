"""The command line. Commands import the engine only when they run, so that `--help` answers at once."""

from .app import main

__all__ = ["main"]
