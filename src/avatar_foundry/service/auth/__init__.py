"""Who calls, and what they may do."""

from .identity import Identity

__all__ = ["Identity"]
