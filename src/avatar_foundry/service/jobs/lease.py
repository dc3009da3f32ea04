"""Liveness without clocks: a lease that the kernel (SQLite) or the database server (PostgreSQL) frees at death."""

import fcntl
import threading
import zlib
from pathlib import Path
from typing import IO, Any, Protocol

import psycopg


class Lease(Protocol):
    """Names held by living processes."""

    def acquire(self, name: str) -> bool:
        """Take `name`; False when a living process holds it."""
        ...

    def release(self, name: str) -> None:
        """Give `name` back."""
        ...

    def close(self) -> None:
        """Give all names back."""
        ...


class FileLease:
    """Locks on files in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._held = folder, dict[str, IO[bytes]]()

    def acquire(self, name: str) -> bool:
        """Take `name`; False when a living process, or this one, holds it."""
        if name in self._held:
            return False
        file = (self._folder / name).open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._held[name] = file
        return True

    def release(self, name: str) -> None:
        """Give `name` back."""
        self._held.pop(name).close()

    def close(self) -> None:
        """Give all names back."""
        for name in list(self._held):
            self.release(name)


class ServerLease:
    """Advisory locks in a PostgreSQL session of their own (never through a transaction-mode pooler)."""

    SPACE = 4711

    def __init__(self, url: str) -> None:
        self._url = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._lock, self._held = threading.Lock(), set[str]()
        self._session = self._connect()

    def _connect(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self._url, autocommit=True, keepalives_idle=5, keepalives_interval=2, keepalives_count=3)

    def _ask(self, function: str, name: str) -> bool:
        key = zlib.crc32(name.encode()) - 2**31
        with self._lock:
            if self._session.closed or self._session.broken:
                # The server freed our names with the old session: take them again before anything else.
                self._session = self._connect()
                for held in self._held:
                    self._session.execute(
                        "SELECT pg_try_advisory_lock(%s, %s)", (self.SPACE, zlib.crc32(held.encode()) - 2**31)
                    )
            row = self._session.execute(f"SELECT {function}(%s, %s)", (self.SPACE, key)).fetchone()
            return bool(row and row[0])

    def acquire(self, name: str) -> bool:
        """Take `name`; False when a living process, or this one, holds it."""
        if name in self._held or not self._ask("pg_try_advisory_lock", name):
            return False
        self._held.add(name)
        return True

    def release(self, name: str) -> None:
        """Give `name` back."""
        self._held.discard(name)
        self._ask("pg_advisory_unlock", name)

    def close(self) -> None:
        """End the session, which frees all names."""
        self._session.close()


def take_slot(lease: Lease, base: str) -> str:
    """The first free name among `base-0`, `base-1`, ...: the same one after a restart."""
    return next(name for n in range(1000) if lease.acquire(name := f"{base}-{n}"))
