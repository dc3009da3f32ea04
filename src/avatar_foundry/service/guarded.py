"""The route class of the service: who calls, how often and whether again is settled before a body is read."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from .auth.guard import SAFE, check, identify
from .auth.identity import Identity
from .auth.scopes import ROUTES
from .auth.shares import by_link
from .idempotency import idempotent
from .problems import Problem
from .services import services

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """A route with the scope that auth/scopes.py gives it; without an entry there it cannot be made."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As any route, but ids have no dot: `DELETE /api/avatars/x.glb` is no avatar's address."""
        match, more = super().matches(scope)
        found = more.get("path_params", {})
        if any(name.endswith("_id") and "." in str(value) for name, value in found.items()):
            return Match.NONE, {}
        return match, more

    def get_route_handler(self) -> Handler:
        """FastAPI's handler behind the guard."""
        inner = super().get_route_handler()
        (method,) = sorted(self.methods or ())
        needs = ROUTES[method, self.path]

        async def open_handler(request: Request) -> Response:
            return await inner(request)

        async def handler(request: Request) -> Response:
            identity = await by_link(request, self.path) or await identify(request)
            request.state.identity = identity
            take(request, identity)
            check(request, identity, needs, request.method)
            return await idempotent(request, identity, inner)

        return open_handler if needs == "open" else handler


def take(request: Request, identity: Identity) -> None:
    """Count the call. Raises Problem RATE_LIMITED."""
    s = services(request)
    rate = s.reads if request.method in SAFE else s.writes
    try:
        standing = rate.take(identity.credential)
    except Problem as problem:
        request.state.answer_headers = {}
        raise problem
    request.state.answer_headers = standing.headers if standing else {}
