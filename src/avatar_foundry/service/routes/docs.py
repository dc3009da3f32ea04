"""The API's description, and pages to read and try it that need no other host."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import Path as InPath
from fastapi import Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from swagger_ui_bundle import swagger_ui_path  # type: ignore[import-untyped]

from ..openapi import describe_api
from ..problems import not_found
from ..routing import router as make_router

router = make_router("service")
ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
    "start.js": "text/javascript",
}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>AXIS Avatar Foundry API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css"><link rel="icon" href="/docs/assets/favicon-32x32.png">
</head><body><div id="ui"></div><script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/start.js"></script></body></html>
"""
START = """SwaggerUIBundle({url: "/openapi.json", dom_id: "#ui", deepLinking: true, validatorUrl: null,
  persistAuthorization: true, tryItOutEnabled: true});
"""


@router.get("/openapi.json", responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}})
async def openapi(request: Request) -> JSONResponse:
    """This description."""
    state = request.app.state
    if not hasattr(state, "description"):
        state.description = describe_api(request.app)
    return JSONResponse(state.description)


@router.get("/docs", response_class=HTMLResponse)
async def docs() -> HTMLResponse:
    """The interactive description."""
    return HTMLResponse(PAGE)


@router.get("/docs/assets/{name}", response_class=Response, include_in_schema=False)
async def asset(name: Annotated[str, InPath(max_length=64)]) -> Response:
    """A file of the interactive description."""
    if name == "start.js":
        return Response(START, media_type=ASSETS[name])
    if name not in ASSETS:
        raise not_found("file")
    return FileResponse(_folder() / name, media_type=ASSETS[name], headers={"Cache-Control": "public, max-age=86400"})


@cache
def _folder() -> Path:
    found: Any = swagger_ui_path
    return Path(found)
