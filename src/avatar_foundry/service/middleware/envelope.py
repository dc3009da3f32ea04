"""Around every request: its id, headers of safety, a last catch for errors, one log line, its numbers."""

import logging
import re
import secrets
import time

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import unexpected
from ..metrics import Metrics

log = logging.getLogger("avatar_foundry.access")
_SANE = re.compile(rb"[\w.:-]{1,64}")
CSP = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self' blob: data:; worker-src 'self' blob:; font-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SAFETY = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


class Envelope:
    """The outermost layer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        token = given if _SANE.fullmatch(given) else secrets.token_hex(8).encode()
        state = scope.setdefault("state", {})
        state["request_id"] = token.decode()
        began, status = time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                extra = [(k.lower().encode(), v.encode()) for k, v in state.get("answer_headers", {}).items()]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", token), *SAFETY, *extra]
                if scope["path"].startswith("/api/") and not any(k == b"cache-control" for k, _ in message["headers"]):
                    message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            response = unexpected(Request(scope), error)
            if not status:
                await response(scope, receive, sending)
        finally:
            self._note(scope, status, time.perf_counter() - began, token.decode())

    def _note(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        # The route's pattern, never the address itself: it may hold ids, and makes endless series.
        route = getattr(scope.get("route"), "path", "-")
        self.metrics.requests.labels(scope["method"], route, status).inc()
        self.metrics.seconds.labels(scope["method"], route).observe(seconds)
        identity = scope.get("state", {}).get("identity")
        log.info(
            "%s %s %d %.1f ms",
            scope["method"],
            route if route != "-" else scope["path"][:200],
            status,
            1000 * seconds,
            extra={"request_id": request_id, "user": identity.user_name if identity else None},
        )
