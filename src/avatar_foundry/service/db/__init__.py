"""Metadata: SQLite in WAL mode by default, PostgreSQL by URL; migrated at start."""

from .engine import Database
from .migrate import migrate

__all__ = ["Database", "migrate"]
