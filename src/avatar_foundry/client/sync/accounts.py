# Made by scripts/gen-client from ../aio: change that.
"""Keys and users, for administrators; webhooks."""

from collections.abc import Sequence
from datetime import datetime

from ..calls import Call, filled, segment
from ..types import Key, Scope, User, Webhook, WebhookEvent
from .connection import Connection


class Keys:
    """`foundry.keys`; needs scope admin."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> Sequence[Key]:
        """All keys that are not revoked."""
        found: list[Key] = (self._connection.json(Call("GET", "/api/keys")))["items"]
        return found

    def create(
        self,
        name: str,
        scopes: Sequence[Scope] = ("read", "write"),
        *,
        expires_at: datetime | None = None,
        user: str | None = None,
    ) -> Key:
        """Make a key; its secret is `key`, shown here and never again."""
        if expires_at is not None and expires_at.tzinfo is None:
            raise ValueError("expires_at needs a time zone")
        expires = None if expires_at is None else expires_at.isoformat()
        body = {"name": name, "scopes": [*scopes], **filled(expires_at=expires, user=user)}
        key: Key = self._connection.json(Call("POST", "/api/keys", json=body))
        return key

    def revoke(self, key_id: str) -> None:
        """Make a key worthless, at once."""
        self._connection.json(Call("DELETE", f"/api/keys/{segment(key_id)}"))


class Users:
    """`foundry.users`; needs scope admin."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> Sequence[User]:
        """All users."""
        found: list[User] = (self._connection.json(Call("GET", "/api/users")))["items"]
        return found

    def create(self, name: str, *, password: str | None = None, is_admin: bool = False) -> User:
        """Make a user; without a password they have keys only."""
        body = {"name": name, "is_admin": is_admin, **filled(password=password)}
        user: User = self._connection.json(Call("POST", "/api/users", json=body))
        return user

    def delete(self, user_id: str) -> None:
        """Delete a user with everything they own."""
        self._connection.json(Call("DELETE", f"/api/users/{segment(user_id)}"))


class Webhooks:
    """`foundry.webhooks`; receivers prove deliveries with `avatar_foundry.client.verify_signature`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> Sequence[Webhook]:
        """The caller's webhooks."""
        found: list[Webhook] = (self._connection.json(Call("GET", "/api/webhooks")))["items"]
        return found

    def create(self, url: str, events: Sequence[WebhookEvent] | None = None) -> Webhook:
        """Have events (all, without a choice) sent to `url`; `secret` is shown here and never again."""
        body = {"url": url, **filled(events=None if events is None else [*events])}
        hook: Webhook = self._connection.json(Call("POST", "/api/webhooks", json=body))
        return hook

    def get(self, webhook_id: str) -> Webhook:
        """A webhook with its newest deliveries."""
        hook: Webhook = self._connection.json(Call("GET", f"/api/webhooks/{segment(webhook_id)}"))
        return hook

    def delete(self, webhook_id: str) -> None:
        """Delete a webhook; what is on its way is dropped."""
        self._connection.json(Call("DELETE", f"/api/webhooks/{segment(webhook_id)}"))
