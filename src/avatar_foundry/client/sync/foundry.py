# Made by scripts/gen-client from ../aio: change that.
"""The client itself."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

import httpx

from ..calls import KEY_VARIABLE, Call, Patience, Source, filled
from ..types import Accepted, AcceptedBatch, Batch, Findings, Made, ProcessFields, RecipeFields, WhoAmI
from .accounts import Keys, Users, Webhooks
from .avatars import Avatars
from .connection import Connection
from .downloads import Target, download
from .jobs import Jobs
from .reviews import Reviews
from .streams import AcceptedStream, BatchStream, JobStream
from .uploads import Uploads

LATER = {"Prefer": "respond-async"}
Recipe = Mapping[str, Any]


class Foundry:
    """A client of one service.

    url:      its address; AVATAR_FOUNDRY_URL, else http://127.0.0.1:8000
    key:      sk-...; AVATAR_FOUNDRY_KEY
    timeout:  seconds of silence on the line before a call is given up (and made again)
    patience: retries and their waits, `Patience(retries=0)` for none
    headers:  sent with every call;  http_client: a configured httpx client (proxies, certificates), not closed here

    Calls return the API's JSON as typed dictionaries and raise FoundryApiError. Errors that are retryable, lost
    connections and 429 (after its Retry-After) are tried again; each POST has an Idempotency-Key, so that a try that
    did arrive is not done twice. Close it, or use it in a `with`.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout: float = 180.0,
        patience: Patience | None = None,
        headers: Mapping[str, str] | None = None,
        http_client: httpx.Client | None = None,
    ) -> None:
        self._connection = Connection(
            url,
            key or os.environ.get(KEY_VARIABLE),
            timeout=timeout,
            patience=patience or Patience(),
            headers=headers,
            http_client=http_client,
        )
        self.avatars = Avatars(self._connection)
        self.jobs = Jobs(self._connection)
        self.reviews = Reviews(self._connection)
        self.uploads = Uploads(self._connection)
        self.keys = Keys(self._connection)
        self.users = Users(self._connection)
        self.webhooks = Webhooks(self._connection)

    @property
    def url(self) -> str:
        """The service's address."""
        return self._connection.url

    def close(self) -> None:
        """Close all connections."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Making

    def generate(
        self, recipe: Recipe | None = None, /, *, idempotency_key: str | None = None, **fields: Unpack[RecipeFields]
    ) -> Made:
        """Make an avatar and wait for it: `generate(preset="warrior", prompt="tall athletic male", platform="unity")`.

        `recipe` may hold the fields too (`made["recipe"]` gives the same bytes again); `fields` win over it.
        """
        call = Call("POST", "/api/generate", json={**(recipe or {}), **fields}, idempotency_key=idempotency_key)
        made: Made = self._connection.json(call)
        return made

    def generate_stream(
        self, recipe: Recipe | None = None, /, *, idempotency_key: str | None = None, **fields: Unpack[RecipeFields]
    ) -> JobStream:
        """As `generate`, as a job whose events can be iterated; `result` afterwards.

        Leaving a `with` around it early cancels the job; without the `with` it goes on.
        """
        return AcceptedStream(self._connection, begin=self._later(recipe, fields, idempotency_key))

    def generate_job(
        self, recipe: Recipe | None = None, /, *, idempotency_key: str | None = None, **fields: Unpack[RecipeFields]
    ) -> Accepted:
        """As `generate`, but only begin: see `jobs` for the rest."""
        begun: Accepted = self._connection.json(self._later(recipe, fields, idempotency_key))
        return begun

    def _later(self, recipe: Recipe | None, fields: RecipeFields, key: str | None) -> Call:
        body = {**(recipe or {}), **fields}
        return Call("POST", "/api/generate", json=body, headers=LATER, idempotency_key=key)

    def batch(self, items: Sequence[Recipe], *, idempotency_key: str | None = None) -> Batch:
        """Make many avatars and wait for all. `results` are in request order, each an answer or an error."""
        call = Call("POST", "/api/batch-generate", json={"items": list(items)}, idempotency_key=idempotency_key)
        done: Batch = self._connection.json(call)
        return done

    def batch_stream(self, items: Sequence[Recipe], *, idempotency_key: str | None = None) -> BatchStream:
        """As `batch`, with events to iterate; leaving a `with` around it early cancels what is not done."""
        body = {"items": list(items)}
        call = Call("POST", "/api/batch-generate/stream", json=body, idempotency_key=idempotency_key)
        return BatchStream(self._connection, begin=call)

    def batch_job(self, items: Sequence[Recipe], *, idempotency_key: str | None = None) -> AcceptedBatch:
        """As `batch`, but only begin: `jobs.batch(batch_id)` tells how it stands."""
        body = {"items": list(items)}
        call = Call("POST", "/api/batch-generate", json=body, headers=LATER, idempotency_key=idempotency_key)
        begun: AcceptedBatch = self._connection.json(call)
        return begun

    def process(
        self,
        file: Source,
        platform: str = "web",
        *,
        idempotency_key: str | None = None,
        **options: Unpack[ProcessFields],
    ) -> Made:
        """Read a mesh, repair, rig and write it for a platform, and wait for it.

        file: a path, `(name, bytes)` or an open binary file.
        """
        call = self._upload("/api/process", file, platform, options, idempotency_key)
        made: Made = self._connection.json(call)
        return made

    def process_stream(
        self,
        file: Source,
        platform: str = "web",
        *,
        idempotency_key: str | None = None,
        **options: Unpack[ProcessFields],
    ) -> JobStream:
        """As `process`, with events to iterate; nobody listening for a while cancels it."""
        call = self._upload("/api/process/stream", file, platform, options, idempotency_key)
        return JobStream(self._connection, begin=call)

    def process_job(
        self,
        file: Source,
        platform: str = "web",
        *,
        idempotency_key: str | None = None,
        **options: Unpack[ProcessFields],
    ) -> Accepted:
        """As `process`, but only begin: see `jobs` for the rest."""
        call = self._upload("/api/process", file, platform, options, idempotency_key, LATER)
        begun: Accepted = self._connection.json(call)
        return begun

    def _upload(
        self,
        path: str,
        file: Source,
        platform: str,
        options: ProcessFields,
        key: str | None,
        headers: Mapping[str, str] | None = None,
    ) -> Call:
        form = {"platform": platform, **options}
        return Call("POST", path, form=form, file=file, headers=headers or {}, idempotency_key=key)

    def validate(self, file: Source, platform: str = "web") -> Findings:
        """Judge a mesh by a platform's rules; nothing is made."""
        found: Findings = self._connection.json(Call("POST", "/api/validate", form={"platform": platform}, file=file))
        return found

    # Asking

    def platforms(self) -> list[dict[str, Any]]:
        """What engines are written for: id, title, formats, axes, budgets, names, rules."""
        found: list[dict[str, Any]] = (self._connection.json(Call("GET", "/api/platforms")))["platforms"]
        return found

    def presets(self) -> list[dict[str, Any]]:
        """What can be asked for by name: id, title, about, tags, recipe."""
        found: list[dict[str, Any]] = (self._connection.json(Call("GET", "/api/presets")))["presets"]
        return found

    def animations(self) -> list[dict[str, Any]]:
        """Clips that can be asked for: name, title, loop, seconds, tags, moves, face."""
        found: list[dict[str, Any]] = (self._connection.json(Call("GET", "/api/animations")))["animations"]
        return found

    def preset_picture(self, preset_id: str, target: Target) -> Path:
        """A PNG of a preset."""
        call = Call("GET", f"/api/presets/{preset_id}.png")
        return download(self._connection, call, target)

    def health(self) -> dict[str, str]:
        """{status, version}; needs no key."""
        found: dict[str, str] = self._connection.json(Call("GET", "/health"))
        return found

    def whoami(self) -> WhoAmI:
        """Whose key this is, and its scope."""
        found: WhoAmI = self._connection.json(Call("GET", "/api/auth/session"))
        return found

    def ticket(self) -> str:
        """A ticket for one WebSocket connection of a browser, good for half a minute."""
        found: str = (self._connection.json(Call("POST", "/api/ws-ticket")))["ticket"]
        return found

    def openapi(self) -> dict[str, Any]:
        """The service's description of itself."""
        found: dict[str, Any] = self._connection.json(Call("GET", "/openapi.json"))
        return found

    def preview_url(self, *, avatar_id: str | None = None, preset: str | None = None) -> str:
        """Where a browser with a session shows the avatar or preset."""
        asked = httpx.QueryParams(filled(avatar_id=avatar_id, preset=preset))
        return f"{self.url}/api/preview?{asked}"

    def save(self, made: Made, folder: Target) -> Sequence[Path]:
        """Download all files of an answer into a folder, hashes checked; returns their paths."""
        return self.avatars.save(made, folder)
