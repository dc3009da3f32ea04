"""Signed links: whoever has one may read exactly one avatar until it ends, without a key.

The token is `<end, unix time>.<HMAC-SHA256>` over the avatar's id, the end and the avatar's link epoch, with a secret
that is made once per database. Nothing is stored per link: deleting the avatar or counting up its epoch ends them all.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

from sqlalchemy.orm import Session
from starlette.requests import Request

from ..db.tables import Avatar, ServerSecret, User
from ..ids import now
from ..services import services
from .identity import Identity

PARAMETER = "share"
SECRET = "links"
# Where links work, and which parameter of the path or query names the avatar.
SHARED: Mapping[tuple[str, str], str] = {
    ("GET", "/api/preview"): "avatar_id",
    ("GET", "/api/avatars/{avatar_id}"): "avatar_id",
    ("GET", "/api/avatars/{avatar_id}/files/{name}"): "avatar_id",
}


def sign(secret: str, avatar_id: str, epoch: int, end: int) -> str:
    """A link's token."""
    text = f"avatar-foundry link 1\n{avatar_id}\n{epoch}\n{end}"
    mac = hmac.new(secret.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return f"{end}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def secret_of(session: Session) -> str:
    """The secret that links are signed with, made at first use; needs a writing session then."""
    found = session.get(ServerSecret, SECRET)
    if found is None:
        found = ServerSecret(name=SECRET, value=secrets.token_urlsafe(48))
        session.add(found)
        session.flush()
    return found.value


def make(session: Session, avatar_id: str, end: int) -> str:
    """A token for the avatar."""
    avatar = session.get_one(Avatar, avatar_id)
    return sign(secret_of(session), avatar_id, avatar.link_epoch, end)


def revoke(session: Session, avatar_id: str) -> None:
    """Make every link to the avatar worthless."""
    session.get_one(Avatar, avatar_id, with_for_update=True).link_epoch += 1


def check(session: Session, avatar_id: str, token: str) -> User | None:
    """Whose avatar the token opens; None when it is wrong, of another avatar, or has ended."""
    text, _, _ = token.partition(".")
    end = int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0
    avatar, secret = session.get(Avatar, avatar_id), session.get(ServerSecret, SECRET)
    # The comparison is made whatever is missing, so that the time tells nothing.
    wanted = sign(secret.value if secret else "-", avatar_id, avatar.link_epoch if avatar else 0, end)
    fits = hmac.compare_digest(wanted.encode(), token.encode("utf-8", "surrogatepass"))
    if not fits or avatar is None or secret is None or end <= now().timestamp():
        return None
    return session.get(User, avatar.owner_id)


async def by_link(request: Request, path: str) -> Identity | None:
    """Who calls by a link; None when the call brings none, or the route takes none. Raises Problem UNAUTHORIZED."""
    from .guard import unauthorized

    name, token = SHARED.get((request.method, path)), request.query_params.get(PARAMETER)
    if name is None or token is None:
        return None
    s = services(request)
    address = request.client.host if request.client else "?"
    avatar_id = request.path_params.get(name) or request.query_params.get(name) or ""
    user = await s.database.read(check, avatar_id[:64], token[:200])
    if user is None:
        s.strangers.take(address)
        raise unauthorized("The link is wrong, was withdrawn, or has expired.")
    return Identity(user.id, user.name, "read", f"link:{avatar_id}:{address}", share=token)
