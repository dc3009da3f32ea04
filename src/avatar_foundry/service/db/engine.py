"""One database, two ways in: reads that block nobody, writes that queue up instead of failing."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from anyio.to_thread import run_sync
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session, sessionmaker

P = ParamSpec("P")
T = TypeVar("T")
# SQLite takes the write lock at BEGIN, not at the first write: a lock that is upgraded later fails instead of waiting.
_IMMEDIATE = "sqlite_immediate"


def make_engine(url: str) -> Engine:
    """An engine for SQLite (WAL, foreign keys, waits up to 15 s for the lock) or PostgreSQL."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    Path(make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=10, max_overflow=40)

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "busy_timeout=15000", "foreign_keys=ON"):
            connection.execute("PRAGMA " + pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get(_IMMEDIATE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


@event.listens_for(Engine, "connect")
def _quick(connection: Any, _record: Any) -> None:
    # Of all engines, the job engine's own included. With WAL a commit survives the death of any process; what has to
    # survive a power cut as well is synced by name: jobs/engine.py.
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=NORMAL")


class Database:
    """Sessions for functions `(session, ...) -> value`; the async ones run in a thread."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self._reading = sessionmaker(self.engine, expire_on_commit=False)
        self._writing = sessionmaker(self.engine.execution_options(**{_IMMEDIATE: True}), expire_on_commit=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is used."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads."""
        with self._reading() as session, session.begin():
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that commits at its end, or rolls back when something is raised."""
        with self._writing() as session, session.begin():
            yield session

    async def read(self, fn: Callable[Concatenate[Session, P], T], *args: P.args, **options: P.kwargs) -> T:
        """`fn(session, ...)` in a thread, reading."""

        def call() -> T:
            with self.reading() as session:
                return fn(session, *args, **options)

        return await run_sync(call)

    async def write(self, fn: Callable[Concatenate[Session, P], T], *args: P.args, **options: P.kwargs) -> T:
        """`fn(session, ...)` in a thread, in one transaction."""

        def call() -> T:
            with self.writing() as session:
                return fn(session, *args, **options)

        return await run_sync(call)

    def alive(self) -> bool:
        """Whether a query is answered."""
        with self.reading() as session:
            return bool(session.scalar(text("SELECT 1")))

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()
