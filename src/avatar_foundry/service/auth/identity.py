"""A caller: a user with a scope, known by a key, a session or a ticket."""

from typing import NamedTuple

from ..problems import not_found

SCOPES = ("read", "write", "admin")


class Identity(NamedTuple):
    """credential: what limits are counted by. key_id: of the API key, if any. csrf: of the session, if any.
    share: the token of the signed link, if any: such a caller gets no further than that link's avatar.
    """

    user_id: str
    user_name: str
    scope: str
    credential: str
    key_id: str | None = None
    csrf: str | None = None
    share: str = ""

    def may(self, scope: str) -> bool:
        """Whether the caller's scope includes `scope`."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)

    @property
    def sees(self) -> str | None:
        """Whose things the caller sees: their own, or (admin: None) everybody's."""
        return None if self.may("admin") else self.user_id

    def check_owner(self, owner_id: str | None, what: str) -> None:
        """Raises 404, not 403, for somebody else's thing: not even that it exists is told."""
        if owner_id is None or (self.sees is not None and owner_id != self.sees):
            raise not_found(what)


def least(first: str, second: str) -> str:
    """The smaller of two scopes."""
    return min(first, second, key=SCOPES.index)
