"""A client of the foundry's API, synchronous and asynchronous. It imports httpx and nothing of the engine.

>>> from avatar_foundry.client import Foundry
>>> with Foundry("http://127.0.0.1:8000", key="sk-...") as foundry:
...     made = foundry.generate(preset="warrior", prompt="tall athletic male", platform="unity")
...     foundry.save(made, "characters")

Progress, as it happens:

>>> with foundry.generate_stream(prompt="slim female elf") as stream:
...     for event in stream:
...         print(f"{event.progress:4.0%} {event.title}")
>>> stream.result["avatar_id"]

Errors are one tree (`FoundryApiError`) and carry the API's error shape:

>>> try:
...     foundry.generate(preset="warior")
... except ValidationFailed as error:
...     print(error.detail, error.suggestions, error.request_id)

`AsyncFoundry` is the same with `await`, and has a WebSocket session too (`client.websocket.connect`).
"""

from .aio.foundry import AsyncFoundry
from .calls import Patience, Source
from .errors import (
    Conflict,
    ConnectionFailed,
    DownloadCorrupt,
    ExportRefused,
    Forbidden,
    FoundryApiError,
    InternalError,
    JobCancelled,
    MeshInvalid,
    MeshUnreadable,
    NotFound,
    NotHumanoid,
    PayloadTooLarge,
    RateLimited,
    RigUncertain,
    TimedOut,
    Unauthorized,
    Unavailable,
    UnsupportedFormat,
    ValidationFailed,
)
from .events import Event
from .signatures import InvalidSignature, verify_signature
from .sync.foundry import Foundry

__all__ = [
    "AsyncFoundry",
    "Conflict",
    "ConnectionFailed",
    "DownloadCorrupt",
    "Event",
    "ExportRefused",
    "Forbidden",
    "Foundry",
    "FoundryApiError",
    "InternalError",
    "InvalidSignature",
    "JobCancelled",
    "MeshInvalid",
    "MeshUnreadable",
    "NotFound",
    "NotHumanoid",
    "Patience",
    "PayloadTooLarge",
    "RateLimited",
    "RigUncertain",
    "Source",
    "TimedOut",
    "Unauthorized",
    "Unavailable",
    "UnsupportedFormat",
    "ValidationFailed",
    "verify_signature",
]
