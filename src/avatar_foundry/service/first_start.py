"""The first start: how to try the service, and a link to take it over with, said on the terminal."""

import sys
from datetime import timedelta

from sqlalchemy.orm import Session

from .db import Database, migrate
from .records import keys, tokens, users
from .settings import Settings

LINK = timedelta(days=7)


def welcome(settings: Settings, base: str) -> None:
    """Say how to begin, when nobody has yet. The secrets go to the terminal, never to the log."""
    if settings.auth == "open":
        return
    base = settings.public_url.rstrip("/") or base
    database = Database(settings.sql_url)
    migrate(database)
    try:
        with database.writing() as session:
            lines = [*_link(session, base), *(_key(session, base, settings) if settings.admin_key is None else ())]
    finally:
        database.close()
    if lines:
        sys.stderr.write("\n".join(["", *lines, "", ""]))
        sys.stderr.flush()


def _link(session: Session, base: str) -> list[str]:
    if users.set_up(session):
        return []
    owner = users.ensure_owner(session)
    tokens.drop_all(session, "setup", owner.id)
    token = tokens.add(session, "setup", owner.id, {}, LINK)
    return ["Take this service over (the link works once):", f"  {base}/setup?token={token}"]


def _key(session: Session, base: str, settings: Settings) -> list[str]:
    if keys.any_ever(session) or (settings.auth == "auto" and users.set_up(session)):
        return []
    if settings.auth == "auto":
        return [
            "Until then, or until a key is made (avatar-foundry keys create NAME), any key works from this machine:",
            *_curl(base, "sk-your-api-key-here"),
        ]
    _, secret = keys.add(session, users.ensure_owner(session), "first key", "write")
    return [
        "Your first key, shown only here (more: avatar-foundry keys create NAME). Try it:",
        *_curl(base, secret),
    ]


def _curl(base: str, key: str) -> list[str]:
    return [
        f"  curl -s {base}/api/generate \\",
        f'    -H "Authorization: Bearer {key}" -H "Content-Type: application/json" \\',
        """    -d '{"preset": "warrior", "prompt": "tall athletic male", "platform": "unity"}'""",
    ]
