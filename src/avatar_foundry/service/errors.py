"""Every error leaves in the API's one shape."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from ..errors import FoundryError, Suggestion
from ..explain import explain
from ..wire import CODES, error_body, kind_of
from .problems import Failed, Problem

log = logging.getLogger(__name__)
# The codes of statuses that the framework itself answers with; the first code of a status is its plain one.
_CODES = {code.status: name for name, code in reversed(tuple(CODES.items()))} | {400: "VALIDATION_ERROR"}


def request_id(request: Request) -> str:
    """The id that the middleware gave to this request."""
    return str(getattr(request.state, "request_id", ""))


def answer(request: Request, problem: Problem | Failed) -> JSONResponse:
    """The response for a problem."""
    headers = problem.headers if isinstance(problem, Problem) else None
    return JSONResponse(problem.body(request_id(request)), problem.status, headers)


def unexpected(request: Request, error: BaseException) -> JSONResponse:
    """500; the log has the details, the answer has none."""
    log.error("request %s failed", request_id(request), exc_info=error)
    return JSONResponse(error_body(error, request_id(request)), 500)


def install(app: FastAPI) -> None:
    """Register the handlers."""

    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> JSONResponse:
        return answer(request, error)

    @app.exception_handler(Failed)
    async def failed(request: Request, error: Failed) -> JSONResponse:
        return answer(request, error)

    @app.exception_handler(FoundryError)
    async def foundry(request: Request, error: FoundryError) -> JSONResponse:
        if kind_of(error).status == 500:
            return unexpected(request, error)
        return JSONResponse(error_body(error, request_id(request)), kind_of(error).status)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        problems = [{**p, "loc": tuple(p["loc"])[1:]} for p in error.errors()]
        if broken := next((p for p in problems if p["type"] == "json_invalid"), None):
            return answer(request, _not_json(broken))
        return JSONResponse(error_body(explain(problems), request_id(request)), 422)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        code = _CODES.get(error.status_code, "INTERNAL" if error.status_code >= 500 else "VALIDATION_ERROR")
        detail = {404: "There is nothing at this address."}.get(error.status_code, str(error.detail))
        if error.detail != HTTPStatus(error.status_code).phrase:
            detail = str(error.detail)
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["allow"] = ", ".join(allowed(request))
        return answer(request, Problem(code, detail, status=error.status_code, headers=headers))

    @app.exception_handler(TimeoutError)
    async def late(request: Request, error: TimeoutError) -> JSONResponse:
        return answer(request, Problem("TIMEOUT", "The work took longer than the service allows."))

    @app.exception_handler(Exception)
    async def anything(request: Request, error: Exception) -> JSONResponse:
        return unexpected(request, error)


def allowed(request: Request) -> list[str]:
    """The methods that the address of a request takes, over all routes: each route knows only its own."""
    found: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)


def _not_json(problem: dict[str, Any]) -> Problem:
    words = str((problem.get("ctx") or {}).get("error", "the body is not JSON"))
    return Problem(
        "VALIDATION_ERROR",
        "The body is not valid JSON.",
        status=400,
        suggestions=[Suggestion("Send valid JSON", words, 0.9)],
    )
