"""Bodies end at a limit, declared or streamed."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import answer
from ..problems import Problem

UPLOADS = ("/api/uploads", "/api/process", "/api/process/stream", "/api/validate")
FORM = 1 << 16  # what a multipart body needs beside the file


class BodyLimit:
    """Refuse bodies over the limit with 413: `json_bytes`, or `upload_bytes` where files are taken."""

    def __init__(self, app: ASGIApp, json_bytes: int, upload_bytes: int) -> None:
        self.app, self.json_bytes, self.upload_bytes = app, json_bytes, upload_bytes + FORM

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        takes_files = scope["path"] in UPLOADS or scope["path"].startswith("/api/uploads/")
        limit = self.upload_bytes if takes_files else self.json_bytes
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        seen, started = 0, False

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _too_large(limit)
            return message

        async def watching(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            if declared.isdigit() and int(declared) > limit:
                raise _too_large(limit)
            await self.app(scope, counting, watching)
        except Problem as problem:
            if not started:
                await answer(Request(scope), problem)(scope, receive, send)


def _too_large(limit: int) -> Problem:
    # The rest of the body is not read, so the connection cannot be used again.
    return Problem("PAYLOAD_TOO_LARGE", f"The body is larger than {limit:,} bytes.", headers={"Connection": "close"})
