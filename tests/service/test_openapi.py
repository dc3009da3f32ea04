"""The description: valid OpenAPI 3.0.3, complete, and true."""

from typing import Any

import pytest
from jsonschema import Draft4Validator
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from avatar_foundry.service.auth.scopes import ROUTES
from avatar_foundry.service.openapi.to_303 import NULL, convert
from avatar_foundry.wire import CODES

from .conftest import Service

OPEN = ("/health", "/health/ready", "/metrics", "/openapi.json", "/docs")


@pytest.fixture(scope="module")
def document(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = service.get("/openapi.json", key=None).json()
    return found


def test_it_is_valid_openapi_303(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.0.3"
    assert list(OpenAPIV30SpecValidator(document).iter_errors()) == []


def test_every_route_is_described_with_its_scope(document: dict[str, Any]) -> None:
    described = {(m.upper(), path) for path, item in document["paths"].items() for m in item}
    assert {r for r in ROUTES if r[1].startswith("/api/") or r[1] in OPEN} == described
    for method, path in described:
        operation, needs = document["paths"][path][method.lower()], ROUTES[method, path]
        assert operation.get("x-scope", "open") == needs
        assert bool(operation["security"]) == (needs != "open")


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    ids = [o["operationId"] for item in document["paths"].values() for o in item.values()]
    assert len(ids) == len(set(ids))


def test_every_documented_error_is_in_the_table(document: dict[str, Any]) -> None:
    statuses = {c.status for c in CODES.values()} | {400}
    for item in document["paths"].values():
        for operation in item.values():
            for status in operation["responses"]:
                assert int(status) < 400 or int(status) in statuses


def test_examples_are_what_the_schemas_say(document: dict[str, Any]) -> None:
    seen = 0
    for path, item in document["paths"].items():
        for operation in item.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {}).get("application/json", {})
                if "example" in content and "schema" in content:
                    schema = {**content["schema"], "components": document["components"]}
                    errors = list(OAS30Validator(schema).iter_errors(content["example"]))
                    assert not errors, (path, status, errors[0].message)
                    seen += 1
    assert seen > 50


def test_docs_need_no_other_host(service: Service) -> None:
    page = service.get("/docs", key=None).text
    assert "http" not in page.replace("http-equiv", "")
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "start.js"):
        assert f"/docs/assets/{name}" in page
        assert service.get(f"/docs/assets/{name}", key=None).status_code == 200
    assert service.get("/docs/assets/..%2f__init__.py", key=None).status_code == 404


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "string", "nullable": True}),
        ({"anyOf": [{"$ref": "#/x"}, {"type": "null"}]}, {"anyOf": [{"$ref": "#/x"}, NULL]}),
        ({"$ref": "#/x", "description": "d"}, {"allOf": [{"$ref": "#/x"}], "description": "d"}),
        ({"const": "a"}, {"enum": ["a"], "type": "string"}),
        ({"exclusiveMinimum": 1}, {"minimum": 1, "exclusiveMinimum": True}),
        ({"exclusiveMaximum": 5, "maximum": 3}, {"maximum": 3}),
        ({"type": ["integer", "null"]}, {"type": "integer", "nullable": True}),
        ({"type": "null"}, {"enum": [None], "nullable": True}),
        ({"examples": [1, 2]}, {"example": 1}),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "string"}]},
            {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
        ),
        ({"type": "array"}, {"type": "array", "items": {}}),
        (
            {"type": "string", "contentMediaType": "application/octet-stream"},
            {"type": "string", "format": "binary"},
        ),
        ({"type": "object", "patternProperties": {"^x": {"type": "string"}}}, None),
        (True, {}),
        (False, {"not": {}}),
    ],
)
def test_the_older_dialect(new: Any, old: Any) -> None:
    wanted = {"type": "object", "additionalProperties": {"type": "string"}} if old is None else old
    assert convert(new) == wanted


def test_conversion_widens_never_narrows() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "propertyNames": {"pattern": "^a"}}
    assert Draft4Validator(convert(schema)).is_valid({"a": "x", "b": 1})
