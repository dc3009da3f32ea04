"""Passwords: Argon2id with the library's current parameters."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()
# Verified against when there is no such user, so that the time tells nothing.
_NOBODY = _hasher.hash("nobody's password")


def hash_password(password: str) -> str:
    """The hash to keep."""
    return _hasher.hash(password)


def verify_password(password: str, kept: str | None) -> bool:
    """Whether the password is right; takes the same time when there is none."""
    try:
        return _hasher.verify(kept or _NOBODY, password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False
