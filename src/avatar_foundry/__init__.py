"""AXIS Avatar Foundry: from a few words to a complete game character."""

from ._version import __version__

__all__ = ["__version__"]
