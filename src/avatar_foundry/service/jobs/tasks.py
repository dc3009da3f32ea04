"""The tasks: pure functions `(params, store, report) -> answer`. They know no engine and may be run twice."""

from collections.abc import Callable, Mapping
from typing import Any

from ...build import build
from ...errors import RecipeError, Suggestion
from ...formats import describe, read_glb
from ...pipeline import Stage
from ...platforms import PLATFORMS
from ...recipe import nearest
from ...rules import inspect
from ..store import Store

Report = Callable[[float, str, str], None]
Params = Mapping[str, Any]


def generate(params: Params, store: Store, report: Report) -> dict[str, Any]:
    """Build a recipe and keep its files."""

    def on_step(fraction: float, stage: Stage) -> None:
        report(fraction, stage.wire, stage.title)

    result = build(params["recipe"], on_step=on_step)
    for f in result.answer["files"]:
        store.put(result.files[f["name"]], f["sha256"])
    return dict(result.answer)


def picture(params: Params, store: Store, report: Report) -> dict[str, Any]:
    """Draw a GLB."""
    from .drawing import draw

    report(0.0, "reading", "Read the file")
    avatar = read_glb(store.get(params["sha256"]))
    report(0.3, "texturing", "Draw the picture")
    data = draw(avatar, params)
    return {"sha256": store.put(data), "size": len(data)}


def shapes(params: Params, store: Store, report: Report) -> dict[str, Any]:
    """A GLB with some of its shapes only."""
    from ...formats.glb_select import keep_shapes

    report(0.0, "exporting", "Keep the shapes that were asked for")
    data = keep_shapes(store.get(params["sha256"]), frozenset(params["shapes"]))
    return {"sha256": store.put(data), "size": len(data)}


def archive(params: Params, store: Store, report: Report) -> dict[str, Any]:
    """All files of an avatar in one."""
    from .archive import write_archive

    report(0.0, "exporting", "Pack the files")
    files = {f["name"]: store.get(f["sha256"]) for f in params["files"]}
    data = write_archive(files, params.get("recipe"), params.get("licences") or [])
    return {"sha256": store.put(data), "size": len(data)}


def process(params: Params, store: Store, report: Report) -> dict[str, Any]:
    """Read an upload, judge it, write it for a platform."""
    from .processing import process_upload

    return process_upload(params, store, report)


def validate(params: Params, store: Store, report: Report) -> dict[str, Any]:
    """Read an upload and judge it."""
    platform = known_platform(params["platform"])
    report(0.0, "reading", "Read the file")
    avatar = read_glb(store.get(params["sha256"]))
    report(0.5, "checking", "Judge the file")
    findings = [{"severity": s, "rule": r, **f._asdict()} for s, r, f in inspect(avatar, platform)]
    return {"platform": platform.id, "source": source_facts(avatar), **count(findings)}


def known_platform(name: str) -> Any:
    """The platform called `name`. Raises RecipeError with the nearest name."""
    if name in PLATFORMS:
        return PLATFORMS[name]
    close = nearest(name, tuple(PLATFORMS))
    hint = Suggestion(f"Use '{close[0]}'", f"'{close[0]}' is a platform.", close[1]) if close else None
    raise RecipeError(
        f"/platform: unknown platform '{name[:32]}'", pointer="/platform", suggestions=[hint] if hint else []
    )


def source_facts(avatar: Any) -> dict[str, Any]:
    """What was found in an upload."""
    facts = describe(avatar)
    return {
        "format": "glb",
        "unit": "metre",
        "up_axis": "+Y",
        **{k: facts[k] for k in ("vertices", "triangles", "height", "bones", "morphs", "parts")},
    }


def count(findings: list[dict[str, Any]]) -> dict[str, Any]:
    """Findings with their number by severity."""
    counts = {s: sum(f["severity"] == s for f in findings) for s in ("error", "warning", "info", "hint")}
    return {**counts, "findings": findings}


TASKS: Mapping[str, Callable[[Params, Store, Report], dict[str, Any]]] = {
    "generate": generate,
    "variant": generate,  # the same files, but no avatar of their own: complete.py
    "picture": picture,
    "shapes": shapes,
    "archive": archive,
    "process": process,
    "validate": validate,
}
