"""What a call is, how long to wait before it is made again, and how files go into it."""

import json
import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import httpx

from .errors import FoundryApiError

# A path, content with a name, or an open binary file.
Source = str | os.PathLike[str] | tuple[str, bytes] | IO[bytes]
URL_VARIABLE, KEY_VARIABLE = "AVATAR_FOUNDRY_URL", "AVATAR_FOUNDRY_KEY"
LOCAL = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Call:
    """One request, repeatable unless `once`. `form` and `file` make it multipart."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, Any] | None = None
    file: Source | None = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    idempotency_key: str | None = None
    timeout: float | None = None
    once: bool = False

    @property
    def is_repeatable(self) -> bool:
        """Whether it can be sent again: a file that cannot be rewound cannot."""
        if self.once:
            return False
        return self.file is None or isinstance(self.file, str | os.PathLike | tuple) or self.file.seekable()


@dataclass(frozen=True)
class Patience:
    """How often and after which waits a call is made again.

    retries: tries after the first.  first, longest: seconds of the first and of any wait; each wait doubles, less a
    random part so that many clients do not come back at once. Retry-After counts when it is longer, up to `longest`.
    """

    retries: int = 4
    first: float = 0.5
    longest: float = 60.0

    def wait(self, attempt: int, problem: FoundryApiError, retry_after: str | None) -> float | None:
        """Seconds before the next try; None to give up."""
        if attempt >= self.retries or not (problem.is_retryable or problem.status == 429):
            return None
        asked = float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else 0.0
        if asked > self.longest:
            return None
        backoff: float = min(self.longest, self.first * 2**attempt) * (1 - random.random() / 2)
        return max(asked, backoff)


def base_url(url: str | None) -> str:
    """The service's address: `url`, or AVATAR_FOUNDRY_URL, or this machine; an /api at its end is taken off."""
    found = (url or os.environ.get(URL_VARIABLE) or LOCAL).rstrip("/")
    if not found.startswith(("http://", "https://")):
        raise ValueError(f"not an http or https address: {found}")
    return found.removesuffix("/api")


def segment(text: str) -> str:
    """Text as one part of a path."""
    return quote(text, safe="")


def filled(**values: Any) -> dict[str, Any]:
    """The values that are set."""
    return {k: v for k, v in values.items() if v is not None}


def query(params: Mapping[str, Any]) -> httpx.QueryParams:
    """Query parameters as the service reads them: true, not True."""
    told = {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in params.items() if v is not None}
    return httpx.QueryParams(told)


@contextmanager
def multipart(call: Call) -> Iterator[dict[str, Any]]:
    """httpx's arguments for the call's form and file, which is open meanwhile."""
    if call.content is not None:
        yield {"content": call.content}
        return
    if call.file is None:
        yield {"json": call.json} if call.json is not None else {}
        return
    form = {k: _form(v) for k, v in (call.form or {}).items() if v is not None}
    if isinstance(call.file, tuple):
        yield {"data": form, "files": {"file": call.file}}
    elif isinstance(call.file, str | os.PathLike):
        with Path(call.file).open("rb") as stream:
            yield {"data": form, "files": {"file": (Path(call.file).name, stream)}}
    else:
        if call.file.seekable():
            call.file.seek(0)
        yield {"data": form, "files": {"file": (Path(str(getattr(call.file, "name", "file"))).name, call.file)}}


def _form(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return json.dumps(value)
    return [str(v) for v in value] if isinstance(value, list | tuple) else str(value)


def body_of(response: httpx.Response) -> Any:
    """The body of a response that was read: JSON, else text."""
    try:
        return response.json()
    except ValueError:
        return response.text
