"""`keys`: make, list and revoke API keys, on the machine that holds the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

app = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="print the answer as JSON, nothing else")]


@contextmanager
def _database() -> "Iterator[Session]":
    from ..service.db import Database, migrate
    from ..service.problems import Problem
    from ..service.settings import Settings

    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.sql_url)
    try:
        migrate(database)
        with database.writing() as session:
            yield session
    except Problem as problem:
        typer.secho(f"{problem.body()['error']}: {problem.detail}", fg="red", err=True)
        raise typer.Exit(2) from None
    finally:
        database.close()


@app.command()
def create(
    name: str,
    scope: Annotated[str, typer.Option(help="read, write or admin; each includes the smaller ones")] = "write",
    days: Annotated[float | None, typer.Option(min=0.001, help="days until it expires; never by default")] = None,
    user: Annotated[str, typer.Option(help="whose key; a user of a new name is made")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a key and show its secret, this once."""
    from ..service.ids import now
    from ..service.records import keys, users
    from .app import print_json

    if scope not in ("read", "write", "admin"):
        raise typer.BadParameter("read, write or admin", param_hint="--scope")
    expires: datetime | None = now() + timedelta(days=days) if days else None
    with _database() as session:
        owner = users.by_name(session, user) or users.add(session, user, is_admin=scope == "admin") if user else None
        key, secret = keys.add(session, owner or users.ensure_owner(session), name, scope, expires)
        shown = keys.wire(key, secret)
    if as_json:
        print_json(shown)
    else:
        typer.echo(secret)
        typer.echo(f"{shown['id']}: keep it now, it is not shown again", err=True)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the keys that are not revoked."""
    from ..service.records import keys
    from .app import print_json

    with _database() as session:
        found = [keys.wire(k) for k in keys.of(session, None)]
    if as_json:
        print_json(found)
    else:
        for k in found:
            ends, used = k["expires_at"] or "no end", k["last_used_at"] or "never used"
            typer.echo(f"{k['id']}  {k['prefix']}…  {k['scopes'][-1]:<6} {ends:<20} {used}  {k['name']}")


@app.command()
def revoke(key_id: str) -> None:
    """Make a key worthless, at once, on every machine."""
    from ..service.problems import not_found
    from ..service.records import keys

    with _database() as session:
        found = keys.get(session, key_id)
        if found is None or found.revoked_at is not None:
            raise not_found("key")
        keys.revoke(session, key_id)
    typer.echo(f"revoked {key_id}")
