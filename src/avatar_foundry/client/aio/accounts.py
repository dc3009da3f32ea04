"""Keys and users, for administrators; webhooks."""

from collections.abc import Sequence
from datetime import datetime

from ..calls import Call, filled, segment
from ..types import Key, Scope, User, Webhook, WebhookEvent
from .connection import AsyncConnection


class AsyncKeys:
    """`foundry.keys`; needs scope admin."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(self) -> Sequence[Key]:
        """All keys that are not revoked."""
        found: list[Key] = (await self._connection.json(Call("GET", "/api/keys")))["items"]
        return found

    async def create(
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
        key: Key = await self._connection.json(Call("POST", "/api/keys", json=body))
        return key

    async def revoke(self, key_id: str) -> None:
        """Make a key worthless, at once."""
        await self._connection.json(Call("DELETE", f"/api/keys/{segment(key_id)}"))


class AsyncUsers:
    """`foundry.users`; needs scope admin."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(self) -> Sequence[User]:
        """All users."""
        found: list[User] = (await self._connection.json(Call("GET", "/api/users")))["items"]
        return found

    async def create(self, name: str, *, password: str | None = None, is_admin: bool = False) -> User:
        """Make a user; without a password they have keys only."""
        body = {"name": name, "is_admin": is_admin, **filled(password=password)}
        user: User = await self._connection.json(Call("POST", "/api/users", json=body))
        return user

    async def delete(self, user_id: str) -> None:
        """Delete a user with everything they own."""
        await self._connection.json(Call("DELETE", f"/api/users/{segment(user_id)}"))


class AsyncWebhooks:
    """`foundry.webhooks`; receivers prove deliveries with `avatar_foundry.client.verify_signature`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(self) -> Sequence[Webhook]:
        """The caller's webhooks."""
        found: list[Webhook] = (await self._connection.json(Call("GET", "/api/webhooks")))["items"]
        return found

    async def create(self, url: str, events: Sequence[WebhookEvent] | None = None) -> Webhook:
        """Have events (all, without a choice) sent to `url`; `secret` is shown here and never again."""
        body = {"url": url, **filled(events=None if events is None else [*events])}
        hook: Webhook = await self._connection.json(Call("POST", "/api/webhooks", json=body))
        return hook

    async def get(self, webhook_id: str) -> Webhook:
        """A webhook with its newest deliveries."""
        hook: Webhook = await self._connection.json(Call("GET", f"/api/webhooks/{segment(webhook_id)}"))
        return hook

    async def delete(self, webhook_id: str) -> None:
        """Delete a webhook; what is on its way is dropped."""
        await self._connection.json(Call("DELETE", f"/api/webhooks/{segment(webhook_id)}"))
