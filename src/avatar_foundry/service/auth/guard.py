"""Who calls? Keys, sessions, tickets; and whether they may."""

import hmac
from collections.abc import Mapping
from ipaddress import ip_address

from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from ...errors import Suggestion
from ..db import Database
from ..ids import now, secret_hash
from ..problems import Problem
from ..records import keys, tokens, users
from ..services import Services, services
from .identity import Identity, least

COOKIE = "foundry_session"
SAFE = ("GET", "HEAD", "OPTIONS")


def presented_key(headers: Mapping[str, str]) -> str | None:
    """The key in `Authorization: Bearer` or `X-API-Key`; None when neither is there."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return headers.get("x-api-key") or None


async def identify(connection: HTTPConnection) -> Identity:
    """The caller of a request or WebSocket. Raises Problem UNAUTHORIZED."""
    s = services(connection)
    address = connection.client.host if connection.client else "?"
    if s.settings.auth == "open":
        return Identity(s.owner_id, "owner", "admin", f"open:{address}")
    secret = presented_key(connection.headers)
    if secret is None and (cookie := connection.cookies.get(COOKIE)):
        identity = await s.database.read(_by_session, cookie)
    else:
        identity = await by_key(s, secret) if secret else None
    if identity is not None:
        return identity
    if secret and _on_this_machine(connection) and await _unclaimed(s):
        return Identity(s.owner_id, "owner", "write", f"unclaimed:{address}")
    if s.strangers.empty(address):
        s.strangers.take(address)
    if secret:
        s.strangers.take(address)
    raise unauthorized("The key is wrong, expired or revoked." if secret else "No key was sent.")


def _on_this_machine(connection: HTTPConnection) -> bool:
    """Whether the caller sits on this machine, with no proxy in between that might speak for others."""
    if connection.client is None or any(h in connection.headers for h in ("forwarded", "x-forwarded-for")):
        return False
    try:
        return ip_address(connection.client.host).is_loopback
    except ValueError:
        return False


async def _unclaimed(s: Services) -> bool:
    """Whether `auto` still lets any key in: nobody has taken the service over, no key was ever made or configured."""
    if s.settings.auth != "auto" or s.settings.admin_key is not None:
        return False
    return await s.database.read(lambda session: not users.set_up(session) and not keys.any_ever(session))


def unauthorized(detail: str) -> Problem:
    """401 that says how to do it."""
    return Problem(
        "UNAUTHORIZED",
        detail,
        suggestions=[
            Suggestion("Send a key", "Authorization: Bearer sk-..., or X-API-Key: sk-...", 0.9),
            Suggestion("Make a key", "avatar-foundry keys create, or Settings → API Keys in the dashboard.", 0.7),
        ],
        headers={"WWW-Authenticate": 'Bearer realm="avatar-foundry"'},
    )


async def by_key(s: Services, secret: str) -> Identity | None:
    """The caller with this key; notes that it was used."""
    admin = s.settings.admin_key
    if admin is not None and hmac.compare_digest(
        secret_hash(secret).encode(), secret_hash(admin.get_secret_value()).encode()
    ):
        return Identity(s.owner_id, "owner", "admin", "key:environment")
    return await _known_key(s.database, secret)


async def _known_key(database: Database, secret: str) -> Identity | None:
    found = await database.read(keys.find, secret)
    if found is None:
        return None
    key, user = found
    if key.last_used_at is None or now() - key.last_used_at > keys.FRESH:
        await database.write(keys.touch, key.id)
    scope = least(key.scope, "admin" if user.is_admin else "write")
    return Identity(user.id, user.name, scope, f"key:{key.id}", key.id)


def _by_session(session: Session, cookie: str) -> Identity | None:
    found = tokens.find(session, "session", cookie)
    if found is None:
        return None
    token, user = found
    scope = "admin" if user.is_admin else "write"
    return Identity(user.id, user.name, scope, f"session:{token.secret_hash[:16]}", None, str(token.data["csrf"]))


def check(connection: HTTPConnection, identity: Identity, needs: str, method: str) -> None:
    """Raises Problem FORBIDDEN when the scope is too small or a browser was tricked into the call."""
    if not identity.may(needs):
        raise Problem("FORBIDDEN", f"This needs a key with scope '{needs}'; this one has '{identity.scope}'.")
    if identity.csrf and method not in SAFE:
        given = connection.headers.get("x-csrf-token", "")
        if not hmac.compare_digest(given.encode(), identity.csrf.encode()):
            raise Problem("FORBIDDEN", "The session's X-CSRF-Token is missing or wrong.")
