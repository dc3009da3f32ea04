"""Webhook deliveries: signed, retried, and never to where only this machine can reach."""

import asyncio
import hashlib
import hmac
import ipaddress
import json
import logging
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from .db import Database
from .problems import Problem
from .records import webhooks

log = logging.getLogger(__name__)
PAUSE = 1.0  # seconds between two looks for what is due
PATIENCE = 10.0  # seconds for one try


def signature(secret: str, moment: int, body: bytes) -> str:
    """`t=<unix time>,v1=<HMAC-SHA256 of "time.body">`: the time keeps an old delivery from being sent again."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


async def check_address(url: str, *, private: bool) -> str:
    """An IP address of the URL's host. Raises Problem for what must not be called."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Problem("VALIDATION_ERROR", "/url: not an address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or not url.isascii():
        raise Problem("VALIDATION_ERROR", "/url: an http or https address without user and password, please")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=1)
    except (OSError, UnicodeError):
        raise Problem("VALIDATION_ERROR", "/url: the host's name is not known") from None
    addresses = [str(f[4][0]) for f in found]
    if not private and not all(ipaddress.ip_address(a.partition("%")[0]).is_global for a in addresses):
        raise Problem("VALIDATION_ERROR", "/url: the host is not on the public internet")
    return addresses[0]


async def send(url: str, secret: str, payload: Mapping[str, Any], *, private: bool) -> tuple[int | None, str | None]:
    """One try; returns the status and what was wrong."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    moment = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "avatar-foundry",
        "X-Foundry-Event": str(payload["event"]),
        "X-Foundry-Delivery": str(payload["id"]),
        "X-Foundry-Signature": signature(secret, moment, body),
    }
    try:
        # Connect to the very address that was checked: a second look-up could give another one.
        address = await check_address(url, private=private)
        target = httpx.URL(url)
        headers["Host"] = target.netloc.decode()
        extensions = {"sni_hostname": target.host} if target.scheme == "https" else {}
        to = target.copy_with(host=address)
        async with (
            httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False, trust_env=False) as client,
            client.stream("POST", to, content=body, headers=headers, extensions=extensions) as response,
        ):
            status = response.status_code
        return status, None if 200 <= status < 300 else f"answered {status}"
    except Problem as problem:
        return None, problem.detail[:200]
    except httpx.HTTPError as error:
        return None, type(error).__name__


async def deliver_forever(database: Database, *, private: bool) -> None:
    """Send what is due, until cancelled."""
    while True:
        try:
            if not await deliver_one(database, private=private):
                await asyncio.sleep(PAUSE)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("delivering failed")
            await asyncio.sleep(PAUSE)


async def deliver_one(database: Database, *, private: bool) -> bool:
    """Send the next delivery; False when nothing is due."""
    if await database.read(webhooks.nothing_due):
        return False
    found = await database.write(webhooks.due)
    if found is None:
        return False
    delivery, hook = found
    status, problem = await send(hook.url, hook.secret, delivery.payload, private=private)
    await database.write(webhooks.settle, delivery.id, status, problem)
    return True
