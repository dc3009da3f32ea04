"""Ids, secrets, times and cursors."""

import base64
import binascii
import hashlib
import secrets
import uuid
from datetime import UTC, datetime

from .problems import Problem

JOBS = uuid.UUID("6a1f7f0e-52f9-4c5e-9a47-0f6f7e1d3c55")  # the name space of ids made from an Idempotency-Key


def now() -> datetime:
    """The time, aware, UTC."""
    return datetime.now(UTC)


def new_id(prefix: str) -> str:
    """`prefix_` and 80 random bits."""
    return f"{prefix}_{secrets.token_hex(10)}"


def job_id_for(owner: str, key: str | None) -> str:
    """A new job's id; the same one for the same owner and Idempotency-Key, so that a repeat joins the first."""
    return str(uuid.uuid5(JOBS, f"{owner}\0{key}") if key else uuid.uuid4())


def derived_id(job_id: str, what: str) -> str:
    """An id that a job that is run again makes again."""
    return str(uuid.uuid5(JOBS, f"{job_id}\0{what}"))


def secret_hash(secret: str) -> str:
    """SHA-256 of a secret of high entropy: what is stored of it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def to_cursor(at: datetime, id: str) -> str:
    """An opaque cursor behind the row (at, id)."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{id}".encode()).decode().rstrip("=")


def from_cursor(cursor: str) -> tuple[datetime, str]:
    """The row behind a cursor. Raises Problem when it is none of ours."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, id = text.partition("|")
        moment = datetime.fromisoformat(at)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)), id
    except (ValueError, binascii.Error, UnicodeError, OverflowError):
        raise Problem("VALIDATION_ERROR", "/cursor: not a cursor that a list gave") from None
