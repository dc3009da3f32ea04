"""JSON Schema 2020-12, as pydantic and FastAPI write it, in the older dialect of OpenAPI 3.0.3.

A pure function over plain data. What 3.0.3 cannot say is left out or widened, never narrowed: whatever was valid
before is valid after.
"""

from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]
# Keywords without a counterpart in 3.0.3.
UNKNOWN = frozenset(
    """$schema $id $anchor $comment $dynamicRef $dynamicAnchor $vocabulary propertyNames unevaluatedProperties
    unevaluatedItems dependentSchemas dependentRequired if then else contains minContains maxContains contentSchema
    contentEncoding""".split()  # noqa: SIM905 (one word per keyword reads best)
)
NULL: Json = {"type": "object", "nullable": True, "enum": [None]}
TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array"}


def convert_document(document: Mapping[str, Any]) -> Json:
    """The whole document: every schema in it converted, 3.1's own top-level fields left out."""
    found: Json = _walk(document)
    found["openapi"] = "3.0.3"
    for name in ("jsonSchemaDialect", "webhooks"):
        found.pop(name, None)
    found["info"].pop("summary", None)
    schemas = found.get("components", {}).get("schemas", {})
    for name, schema in schemas.items():
        schemas[name] = convert(schema)
    return found


def _walk(node: Any) -> Any:
    """Convert what stands under `schema`, wherever that is; the rest is copied."""
    if isinstance(node, list):
        return [_walk(n) for n in node]
    if not isinstance(node, Mapping):
        return node
    return {k: convert(v) if k == "schema" else _walk(v) for k, v in node.items()}


def convert(schema: Any) -> Any:
    """One schema and everything in it."""
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    s = {k: v for k, v in schema.items() if k not in UNKNOWN}
    for step in STEPS:
        s = step(s)
    return s


def _children(s: Json) -> Json:
    if "properties" in s:
        s["properties"] = {k: convert(v) for k, v in s["properties"].items()}
    for name in ("allOf", "anyOf", "oneOf"):
        if name in s:
            # "null" stays as it is until `_null` takes it out
            s[name] = [v if _is_null(v) else convert(v) for v in s[name]]
    for name in ("not", "items", "additionalProperties"):
        if isinstance(s.get(name), dict):
            s[name] = convert(s[name])
    return s


def _binary(s: Json) -> Json:
    if s.pop("contentMediaType", None) == "application/octet-stream":
        s["format"] = "binary"
    return s


def _pattern_properties(s: Json) -> Json:
    patterns = s.pop("patternProperties", None)
    if patterns and "additionalProperties" not in s:
        s["additionalProperties"] = _any_of([convert(v) for v in patterns.values()])
    return s


def _tuple(s: Json) -> Json:
    if "prefixItems" not in s:
        if s.get("type") == "array":
            s.setdefault("items", {})
        return s
    items = [convert(v) for v in s.pop("prefixItems")]
    s.setdefault("minItems", len(items))
    rest = s.pop("items", None)
    if isinstance(rest, dict):
        items.append(rest)
    else:
        s.setdefault("maxItems", len(items))
    s["items"] = _any_of(items)
    return s


def _const(s: Json) -> Json:
    if "const" not in s:
        return s
    value = s.pop("const")
    s["enum"] = [value]
    if value is None:
        s.pop("type", None)
        s["nullable"] = True
    else:
        s.setdefault("type", TYPES[type(value)])
    return s


def _bounds(s: Json) -> Json:
    for exclusive, limit, tighter in (
        ("exclusiveMinimum", "minimum", max),
        ("exclusiveMaximum", "maximum", min),
    ):
        value = s.get(exclusive)
        if isinstance(value, bool) or value is None:
            continue
        if limit in s and tighter(s[limit], value) != value:
            del s[exclusive]
        else:
            s[limit], s[exclusive] = value, True
    return s


def _examples(s: Json) -> Json:
    examples = s.pop("examples", None)
    if examples:
        s.setdefault("example", examples[0] if isinstance(examples, list) else next(iter(examples.values())))
    return s


def _null(s: Json) -> Json:
    """`type: [x, null]` and unions with null become `nullable`."""
    nullable = bool(s.pop("nullable", False))
    kinds = s.get("type")
    if kinds == "null":
        kinds = ["null"]
    if isinstance(kinds, list):
        rest = [k for k in kinds if k != "null"]
        nullable |= len(rest) < len(kinds)
        del s["type"]
        if len(rest) == 1:
            s["type"] = rest[0]
        elif rest:
            s["anyOf"] = [{"type": k, **({"items": {}} if k == "array" else {})} for k in rest]
        else:
            s["enum"] = [None]
    for name in ("anyOf", "oneOf"):
        options = s.get(name)
        if options is None:
            continue
        kept = [o for o in options if not _is_null(o)]
        nullable |= len(kept) < len(options) or any(o.get("nullable") for o in kept)
        del s[name]
        if nullable and any("$ref" in o for o in kept):
            # `nullable` beside a reference allows nothing: what is referred to still refuses null.
            s[name] = [*kept, NULL]
            nullable = False
        elif len(kept) == 1:
            s = {**kept[0], **s}
        elif kept:
            s[name] = kept
    if None in s.get("enum", ()):
        nullable = True
    if nullable:
        s["nullable"] = True
        if not {"type", "enum", "allOf", "anyOf", "oneOf", "$ref"} & s.keys():
            s["type"] = "object"
    return s


def _reference(s: Json) -> Json:
    """What stands beside `$ref` is ignored in 3.0.3: put the reference into `allOf`."""
    if "$ref" in s and len(s) > 1:
        s["allOf"] = [{"$ref": s.pop("$ref")}, *s.get("allOf", [])]
    return s


def _is_null(s: Any) -> bool:
    return isinstance(s, dict) and (s.get("type") == "null" or s.get("enum") == [None] or s.get("const", 0) is None)


def _any_of(schemas: list[Json]) -> Json:
    different = [s for i, s in enumerate(schemas) if s not in schemas[:i]]
    return different[0] if len(different) == 1 else {"anyOf": different}


STEPS: tuple[Callable[[Json], Json], ...] = (
    _children,
    _binary,
    _pattern_properties,
    _tuple,
    _const,
    _bounds,
    _examples,
    _null,
    _reference,
)
