"""WebSocket /ws: jobs in both directions, many per connection."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.responses import JSONResponse

from ...errors import FoundryError
from ...explain import explain
from ...recipe import Recipe
from ...wire import error_body, kind_of
from .. import work
from ..addresses import with_addresses
from ..auth.guard import identify, unauthorized
from ..auth.identity import Identity, least
from ..errors import log
from ..ids import new_id
from ..problems import Failed, Problem
from ..records import tokens
from ..services import Services, services
from ..sources import from_workspace, parse_form

router = APIRouter()
OUT = 256  # messages that wait for a slow reader; beyond, progress is left out and results wait


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str | int | None = Field(None, description="echoed in every answer to this message")


class Process(_Message):
    """Process a file of the caller's workspace; further fields as of POST /api/process."""

    model_config = ConfigDict(extra="allow")
    action: Literal["process"]
    path: str = Field(max_length=4096)


class Validate(_Message):
    """Judge a file of the caller's workspace."""

    action: Literal["validate"]
    path: str = Field(max_length=4096)
    platform: str = Field("web", max_length=32)


class Generate(_Message):
    """Make an avatar: the recipe's fields, or `recipe`."""

    model_config = ConfigDict(extra="allow")
    action: Literal["generate"]


class Cancel(_Message):
    """Stop a job; without `job_id`, the newest unfinished one of this connection."""

    action: Literal["cancel"]
    job_id: str | None = Field(None, max_length=64)


class Ping(_Message):
    """Is anybody there?"""

    action: Literal["ping"]


class Subscribe(_Message):
    """Hear of a job that was started elsewhere."""

    action: Literal["subscribe"]
    job_id: str = Field(max_length=64)


Message = Process | Validate | Generate | Cancel | Ping | Subscribe
MESSAGES: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="action")])
NEEDS = {"process": "write", "generate": "write", "cancel": "write"}


class Connection:
    """One socket: its caller, its unfinished jobs, its outgoing messages."""

    def __init__(self, socket: WebSocket, s: Services, identity: Identity) -> None:
        self.socket, self.s, self.identity = socket, s, identity
        self.jobs: dict[str, asyncio.Task[None]] = {}
        self.stopped: set[str] = set()
        self.out: asyncio.Queue[dict[str, Any]] = asyncio.Queue(OUT)

    async def run(self) -> None:
        """Read and answer until the other side leaves."""
        writer = asyncio.create_task(self._write())
        try:
            while True:
                await self._take(await self.socket.receive())
        except WebSocketDisconnect:
            pass
        finally:
            for task in [writer, *self.jobs.values()]:
                task.cancel()

    async def _write(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self.socket.send_text(json.dumps(await self.out.get(), ensure_ascii=False))

    async def _take(self, received: Mapping[str, Any]) -> None:
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        id: Any = None
        try:
            data = _parse(received.get("text"))
            id = data.get("id") if isinstance(data.get("id"), str | int) else None
            await self._handle(_understood(data))
        except Exception as error:
            await self._fail(error, id)

    async def _handle(self, message: Message) -> None:
        if not self.identity.may(NEEDS.get(message.action, "read")):
            raise Problem("FORBIDDEN", f"'{message.action}' needs a key with scope 'write'.")
        (self.s.writes if message.action in NEEDS else self.s.reads).take(self.identity.credential)
        actions: Mapping[type[Any], Callable[[Any], Awaitable[None]]] = {
            Process: self._process,
            Validate: self._validate,
            Generate: self._generate,
            Cancel: self._cancel,
            Ping: self._ping,
            Subscribe: self._subscribe,
        }
        await actions[type(message)](message)

    async def _ping(self, message: Ping) -> None:
        await self._say("pong", message.id)

    async def _process(self, message: Process) -> None:
        options = parse_form(message.model_extra or {})
        params = await from_workspace(self.s, self.identity, message.path, options)
        await self._start("process", params, message.id)

    async def _validate(self, message: Validate) -> None:
        options = parse_form({"platform": message.platform})
        params = await from_workspace(self.s, self.identity, message.path, options)
        await self._start("validate", params, message.id)

    async def _generate(self, message: Generate) -> None:
        fields = dict(message.model_extra or {})
        try:
            recipe = Recipe.model_validate(fields.pop("recipe", None) or fields)
        except ValidationError as error:
            raise explain(error.errors(include_url=False, include_context=True)) from None
        params = {"recipe": recipe.model_dump(mode="json", exclude_unset=True)}
        await self._start("generate", params, message.id)

    async def _cancel(self, message: Cancel) -> None:
        job_id = message.job_id or next(reversed(self.jobs), None)
        if job_id is None:
            raise Problem("CONFLICT", "No job of this connection is running.")
        record, _ = await work.find_job(self.s, self.identity, job_id)
        self.stopped.add(job_id)
        if not await work.cancel(self.s, record):
            self.stopped.discard(job_id)
            raise Problem("CONFLICT", "The job is final already.")
        await self._say("cancelled", message.id, job_id=job_id)

    async def _subscribe(self, message: Subscribe) -> None:
        await work.find_job(self.s, self.identity, message.job_id)
        self._follow(message.job_id, message.id)

    async def _start(self, task: str, params: dict[str, Any], id: Any) -> None:
        if len(self.jobs) >= self.s.settings.websocket_jobs:
            raise Problem("RATE_LIMITED", f"This connection has {len(self.jobs)} unfinished jobs; wait for one.")
        job_id = await work.start(self.s, self.identity, task, params)
        self.s.listeners.watch(job_id)
        self._follow(job_id, id)

    def _follow(self, job_id: str, id: Any) -> None:
        task = asyncio.create_task(self._tell(job_id, id))
        self.jobs[job_id] = task
        task.add_done_callback(lambda _: self.jobs.pop(job_id, None))

    async def _tell(self, job_id: str, id: Any) -> None:
        try:
            async with self.s.listeners.present(job_id):
                await self._say("progress", id, stage="queued", progress=0.0, job_id=job_id)
                async for event in self.s.jobs.events(job_id):
                    if not self.out.full():
                        await self._say("progress", id, **event.wire(job_id))
                info = await self.s.jobs.wait(job_id)
                self.s.listeners.settle(job_id)
            if info.state == "cancelled":
                if job_id not in self.stopped:
                    await self._say("cancelled", id, job_id=job_id)
                return
            answer = work.unwrap(info)
            if "avatar_id" in answer:
                await self._say("progress", id, stage="export_ready", progress=1.0, job_id=job_id)
                await self._say("result", id, job_id=job_id, **with_addresses(self.socket, answer))
            else:
                await self._say("validated", id, job_id=job_id, **answer)
        except Exception as error:
            await self._fail(error, id, job_id=job_id)

    async def _fail(self, error: Exception, id: Any, **more: Any) -> None:
        request_id = new_id("ws")
        if isinstance(error, WebSocketDisconnect):
            raise error
        if isinstance(error, Problem | Failed):
            body = error.body(request_id)
        else:
            body = error_body(error, request_id)
            if not isinstance(error, FoundryError) or kind_of(error).status == 500:
                log.error("message %s failed", request_id, exc_info=error)
        await self._say("error", id, **body, **more)

    async def _say(self, kind: str, id: Any, **fields: Any) -> None:
        await self.out.put({"type": kind, **({"id": id} if id is not None else {}), **fields})


def _parse(text: str | None) -> dict[str, Any]:
    try:
        data = json.loads(text or "")
    except (ValueError, RecursionError):
        raise Problem("VALIDATION_ERROR", "The message is not valid JSON.") from None
    if not isinstance(data, dict):
        raise Problem("VALIDATION_ERROR", "A message is a JSON object with an 'action'.")
    return data


def _understood(data: dict[str, Any]) -> Message:
    try:
        return MESSAGES.validate_python(data)
    except ValidationError as error:
        problems = [{**p, "loc": p["loc"][1:]} for p in error.errors(include_url=False, include_context=True)]
        raise explain(problems) from None


async def _by_ticket(s: Services, secret: str) -> Identity:
    found = await s.database.write(tokens.take, "ticket", secret[:200])
    if found is None:
        raise unauthorized("The ticket was used, or is older than 30 seconds.")
    token, user = found
    scope = least(str(token.data["scope"]), "admin" if user.is_admin else "write")
    return Identity(user.id, user.name, scope, str(token.data["credential"]))


@router.websocket("/ws")
async def ws(socket: WebSocket) -> None:
    """See the module; a wrong key is answered with 401 before the socket opens."""
    s = services(socket)
    try:
        ticket = socket.query_params.get("ticket")
        identity = await _by_ticket(s, ticket) if ticket else await identify(socket)
    except Problem as problem:
        await socket.send_denial_response(JSONResponse(problem.body(new_id("ws")), problem.status, problem.headers))
        return
    await socket.accept()
    await Connection(socket, s, identity).run()
