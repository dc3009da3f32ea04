"""For receivers of webhooks: is this delivery really from the foundry, and is it fresh?"""

import hashlib
import hmac
import json
import time
from typing import Any

HEADER = "X-Foundry-Signature"
TOLERANCE = 300.0


class InvalidSignature(ValueError):
    """The delivery was not signed with this secret, was altered, or is old."""


def verify_signature(
    body: bytes, header: str | None, secret: str, *, tolerance: float = TOLERANCE, now: float | None = None
) -> dict[str, Any]:
    """The delivery's payload {id, event, created_at, data}, once its signature is proven.

    body:       the request's body exactly as it came, before any JSON parser saw it
    header:     the request's X-Foundry-Signature
    secret:     the `secret` that `webhooks.create` returned
    tolerance:  how many seconds old a delivery may be; an intercepted one cannot be sent again later
    Raises InvalidSignature.

    >>> payload = verify_signature(request.body, request.headers.get("X-Foundry-Signature"), secret)
    """
    fields = [part.strip().partition("=") for part in (header or "").split(",")]
    stamps = [value for name, _, value in fields if name == "t"]
    given = [value for name, _, value in fields if name == "v1"]
    if len(stamps) != 1 or not stamps[0].isascii() or not stamps[0].isdigit() or not given:
        raise InvalidSignature("the signature is missing or not of the form t=...,v1=...")
    signed = hmac.new(secret.encode(), stamps[0].encode() + b"." + body, hashlib.sha256).hexdigest()
    if not any(hmac.compare_digest(signed.encode(), g.encode()) for g in given):
        raise InvalidSignature("the signature is not of this body and secret")
    if abs((time.time() if now is None else now) - int(stamps[0])) > tolerance:
        raise InvalidSignature(f"the delivery is more than {tolerance:g} s old")
    payload = json.loads(body)
    if not isinstance(payload, dict):
        raise InvalidSignature("the payload is not an object")
    return payload
