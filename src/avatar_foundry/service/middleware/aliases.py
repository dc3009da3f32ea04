"""The reference's base address ends in /api: /api/health, /api/openapi.json and /api/api/... answer too."""

from starlette.types import ASGIApp, Receive, Scope, Send

_PLAIN = ("/api/health", "/api/health/ready", "/api/openapi.json", "/api/ws", "/api/docs")


class Aliases:
    """Rewrite the second form of an address to the first."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path in _PLAIN or path.startswith("/api/api/"):
            path = path.removeprefix("/api")
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self.app(scope, receive, send)
