"""A WebSocket session: many jobs over one connection, each with its own stream of messages."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from .aio.foundry import AsyncFoundry
from .errors import connection_failed, error_from
from .events import Event

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

FINAL = ("result", "validated", "cancelled", "error", "pong")


class Conversation:
    """What the service says to one message: iterate, or `wait()` for the last of it. Errors are raised.

    Events are named "progress", then "result" (an avatar), "validated" (findings) or "cancelled".
    """

    def __init__(self, session: "Session", id: str) -> None:
        self._session, self._id = session, id
        self._heard: asyncio.Queue[dict[str, Any] | BaseException] = asyncio.Queue()
        self.job_id: str | None = None
        self.result: dict[str, Any] | None = None

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._events()

    async def _events(self) -> AsyncIterator[Event]:
        while self.result is None:
            message = await self._heard.get()
            if isinstance(message, BaseException):
                raise message
            kind = str(message.pop("type"))
            message.pop("id", None)
            self.job_id = message.get("job_id", self.job_id)
            if kind == "error":
                raise error_from(message)
            if kind in FINAL:
                self.result = message
            yield Event(kind, message)

    async def wait(self) -> dict[str, Any]:
        """The last message's fields."""
        async for _ in self:
            pass
        return self.result or {}

    async def cancel(self) -> None:
        """Stop the job; the conversation then ends with "cancelled"."""
        while self.job_id is None and self.result is None:  # the first message names the job
            message = await self._heard.get()
            if isinstance(message, dict) and message.get("type") == "progress":
                self.job_id = message.get("job_id")
            else:
                self._heard.put_nowait(message)
                return
        if self.result is None:
            self._heard.put_nowait({"type": "cancelled", **await self._session.cancel(self.job_id)})


class Session:
    """An open WebSocket. Made by `connect`."""

    def __init__(self, socket: "ClientConnection") -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._open: dict[str, Conversation] = {}
        self._reader = asyncio.ensure_future(self._read())

    async def ping(self) -> None:
        """Is anybody there?"""
        await (await self._say({"action": "ping"})).wait()

    async def generate(self, recipe: Mapping[str, Any] | None = None, /, **fields: Any) -> Conversation:
        """Make an avatar."""
        return await self._say({"action": "generate", "recipe": {**(recipe or {}), **fields}})

    async def process(self, path: str, platform: str = "web") -> Conversation:
        """Process a file of the workspace: the `path` of an upload."""
        return await self._say({"action": "process", "path": path, "platform": platform})

    async def validate(self, path: str, platform: str = "web") -> Conversation:
        """Judge a file of the workspace."""
        return await self._say({"action": "validate", "path": path, "platform": platform})

    async def subscribe(self, job_id: str) -> Conversation:
        """Hear of a job that was begun elsewhere."""
        return await self._say({"action": "subscribe", "job_id": job_id})

    async def cancel(self, job_id: str | None = None) -> dict[str, Any]:
        """Stop a job; without `job_id`, the newest unfinished one of this session."""
        message = {"action": "cancel", **({"job_id": job_id} if job_id else {})}
        return await (await self._say(message)).wait()

    async def _say(self, message: Mapping[str, Any]) -> Conversation:
        if self._reader.done():
            raise connection_failed("the session is closed")
        id = f"c{next(self._numbers)}"
        conversation = self._open[id] = Conversation(self, id)
        await self._socket.send(json.dumps({**message, "id": id}))
        return conversation

    async def _read(self) -> None:
        lost: BaseException = connection_failed("the service closed the session")
        try:
            async for text in self._socket:
                message = json.loads(text)
                if not isinstance(message, dict):
                    continue
                id = str(message.get("id"))
                conversation = self._open.get(id)
                if conversation is None:
                    continue
                if message.get("type") in FINAL:
                    del self._open[id]
                conversation._heard.put_nowait(message)
        except Exception as error:
            lost = connection_failed(type(error).__name__)
        finally:
            for conversation in self._open.values():
                conversation._heard.put_nowait(lost)

    async def _close(self) -> None:
        await self._socket.close()
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)


@asynccontextmanager
async def connect(foundry: AsyncFoundry) -> AsyncIterator[Session]:
    """A session with the service and key of `foundry`; needs the package `websockets`. Raises FoundryApiError.

    >>> async with AsyncFoundry() as foundry, connect(foundry) as session:
    ...     talk = await session.generate(preset="warrior")
    ...     async for event in talk:
    ...         print(event.name, event.stage, event.progress)
    """
    from websockets.asyncio.client import connect as open_socket
    from websockets.exceptions import InvalidStatus, WebSocketException

    scheme, _, rest = foundry.url.partition("://")
    key = foundry._connection.key
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        socket = await open_socket(
            f"{'wss' if scheme == 'https' else 'ws'}://{rest}/ws", additional_headers=headers, max_size=None
        )
    except InvalidStatus as error:
        try:
            body = json.loads(error.response.body or b"")
        except ValueError:
            body = None
        raise error_from(body, error.response.status_code) from None
    except (OSError, TimeoutError, WebSocketException) as error:
        raise connection_failed(f"{foundry.url}: {type(error).__name__}") from None
    session = Session(socket)
    try:
        yield session
    finally:
        await session._close()
