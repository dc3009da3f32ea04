"""Every error leaves in the API's one shape."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ..errors import FoundryError
from ..recipe import explain
from ..wire import error_body, kind_of

log = logging.getLogger(__name__)
_PLAIN = {
    400: ("Bad Request", "VALIDATION_ERROR"),
    404: ("Not Found", "NOT_FOUND"),
    405: ("Method Not Allowed", "METHOD_NOT_ALLOWED"),
    413: ("Payload Too Large", "PAYLOAD_TOO_LARGE"),
    415: ("Unsupported Format", "UNSUPPORTED_FORMAT"),
    416: ("Range Not Satisfiable", "RANGE_NOT_SATISFIABLE"),
    504: ("Timeout", "TIMEOUT"),
}


def plain(request: Request, status: int, detail: str, suggestions: tuple[dict[str, Any], ...] = ()) -> JSONResponse:
    """An error that no exception class stands for."""
    title, code = _PLAIN.get(status, ("Internal Error", "INTERNAL"))
    body = {
        "error": title,
        "error_code": code,
        "detail": detail,
        "suggestions": list(suggestions),
        "request_id": request_id(request),
        "is_retryable": status >= 500,
        "issues": [],
    }
    return JSONResponse(body, status)


def request_id(request: Request) -> str:
    """The id that the middleware gave to this request."""
    return str(getattr(request.state, "request_id", ""))


def install(app: FastAPI) -> None:
    """Register the handlers."""

    @app.exception_handler(FoundryError)
    async def foundry(request: Request, error: FoundryError) -> JSONResponse:
        kind = kind_of(error)
        if kind.status >= 500:
            log.error("request %s failed", request_id(request), exc_info=error)
        return JSONResponse(error_body(error, request_id(request)), kind.status)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        problems = [{**p, "loc": tuple(p["loc"])[1:]} for p in error.errors()]
        if any(p["type"] == "json_invalid" for p in problems):
            hint = {
                "title": "Send valid JSON",
                "description": str((problems[0].get("ctx") or {}).get("error", "the body is not JSON")),
                "confidence": 0.9,
                "auto_fixable": False,
                "action": "",
            }
            return plain(request, 400, "The body is not valid JSON.", (hint,))
        return JSONResponse(error_body(explain(problems), request_id(request)), 422)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        return plain(request, error.status_code, str(error.detail))

    @app.exception_handler(TimeoutError)
    async def late(request: Request, error: TimeoutError) -> JSONResponse:
        return plain(request, 504, "The work took longer than the service allows.")

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("request %s failed", request_id(request), exc_info=error)
        return plain(request, 500, "The foundry failed; the log has the details.")
