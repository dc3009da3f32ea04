"""The document: FastAPI's own, with the errors, headers, scopes and examples that hold for every route."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ...wire import CODES
from ..auth.scopes import ROUTES
from ..routes.variants import FORMATS
from .names import operation_id, rename_forms
from .to_303 import Json, convert_document

ABOUT = """From a preset and a few words to a complete game character.

Send a key as `Authorization: Bearer sk-...` or `X-API-Key: sk-...`. Keys have a scope: `read` < `write` < `admin`.
Every answer carries `X-Request-Id`; every error has one shape. Changes take an `Idempotency-Key`."""
SECURITY: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer sk-..."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "foundry_session",
        "description": "the dashboard's session; changes need its X-CSRF-Token too",
    },
}
COMPUTES = {
    "/api/generate",
    "/api/process",
    "/api/validate",
    "/api/avatars/{avatar_id}.glb",
    "/api/avatars/{avatar_id}.png",
    "/api/avatars/{avatar_id}.zip",
    *(f"/api/avatars/{{avatar_id}}{ending}" for ending in FORMATS.values()),
}
# Statuses of single routes, beside those that follow from what the route takes.
MORE: Mapping[tuple[str, str], tuple[int, ...]] = {
    ("POST", "/api/process"): (404, 415),  # an avatar may be named instead of a file
    ("POST", "/api/process/stream"): (404, 409, 415),
    ("POST", "/api/validate"): (415,),
    ("POST", "/api/auth/setup"): (401, 409, 429),
    ("POST", "/api/auth/login"): (401, 429),
    ("DELETE", "/api/jobs/{job_id}"): (409,),
    ("DELETE", "/api/users/{user_id}"): (409,),
    ("GET", "/api/avatars/{avatar_id}.glb"): (409,),
    **{("GET", f"/api/avatars/{{avatar_id}}{ending}"): (409, 415) for ending in FORMATS.values()},
    ("POST", "/api/uploads"): (412,),
    ("HEAD", "/api/uploads/{upload_id}"): (412,),
    ("PATCH", "/api/uploads/{upload_id}"): (409, 412, 413, 415, 460),
    ("DELETE", "/api/uploads/{upload_id}"): (412,),
    ("GET", "/api/avatars/{avatar_id}/files/{name}"): (416,),
    ("POST", "/api/batch-generate/stream"): (409,),
}
RANGES = (
    *(f"/api/avatars/{{avatar_id}}{ending}" for ending in (".glb", ".png", ".zip", *FORMATS.values())),
    "/api/avatars/{avatar_id}/files/{name}",
)
WORDS = {code.status: code.title for code in reversed(list(CODES.values()))} | {400: "Not JSON", 422: "Not as written"}


def describe_api(app: FastAPI) -> Json:
    """The OpenAPI 3.0.3 document of `app`."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=ABOUT,
        routes=app.routes,
        license_info={"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        separate_input_output_schemas=False,
    )
    batch = document["components"]["schemas"]["Batch"]["properties"]["items"]
    batch["maxItems"] = app.state.settings.batch_items
    for path, item in document["paths"].items():
        for method, operation in item.items():
            _complete(operation, method.upper(), path)
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    document["components"]["securitySchemes"] = SECURITY
    document["servers"] = [{"url": "/"}]
    return convert_document(rename_forms(document))


def _complete(operation: Json, method: str, path: str) -> None:
    needs = ROUTES[method, path]
    responses = operation["responses"]
    responses.pop("422", None)
    for status in sorted(_statuses(operation, method, path, needs)):
        responses[str(status)] = _error(status)
    if method == "GET" and path in RANGES:
        responses["206"] = {**responses["200"], "description": "The range"}
        responses["304"] = {"description": "Not changed"}
        responses["416"] = _error(416)
    for response in responses.values():
        response.setdefault("headers", {})["X-Request-Id"] = {"schema": {"type": "string"}}
    operation["security"] = [] if needs == "open" else [{name: []} for name in SECURITY]
    if needs != "open":
        operation["x-scope"] = needs
    operation["operationId"] = operation_id(method, path)
    if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
        operation["requestBody"]["required"] = True  # each field may be left out, a form must come
    _example(operation, method, path)


def _statuses(operation: Json, method: str, path: str, needs: str) -> set[int]:
    found = {500, *MORE.get((method, path), ())}
    if needs != "open":
        found |= {401, 403, 429}
    if operation.get("parameters") or "requestBody" in operation:
        found.add(422)
    if "requestBody" in operation:
        found |= {400, 413}
        if needs != "open":
            found.add(409)  # Idempotency-Key
    if "{" in path or path in ("/api/keys",):
        found.add(404)
    if path in COMPUTES or path == "/api/batch-generate":
        found |= {499, 503, 504}
    return found


def _error(status: int) -> Json:
    schema = {"$ref": "#/components/schemas/Error"}
    content: Json = {"schema": schema}
    if example := examples().get(f"error {status}"):
        content["example"] = example
    return {"description": WORDS[status], "content": {"application/json": content}}


def _example(operation: Json, method: str, path: str) -> None:
    if (answer := examples().get(f"{method} {path}")) is None:
        return
    for status in ("200", "201"):
        content = operation["responses"].get(status, {}).get("content", {}).get("application/json")
        if content is not None:
            content["example"] = answer


@cache
def examples() -> Mapping[str, Any]:
    """Real answers by route, recorded by scripts/record-answers."""
    found: dict[str, Any] = json.loads((files(__package__) / "answers.json").read_text(encoding="utf-8"))
    return found
