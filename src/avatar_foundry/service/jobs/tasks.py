"""The tasks: pure functions `(params, store, report) -> answer`. They know no engine and may be run twice."""

from collections.abc import Callable, Mapping
from typing import Any

from ...build import build
from ...formats import read_glb
from ...pipeline import Stage
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


def clips(params: Params, store: Store, report: Report) -> dict[str, Any]:
    """A GLB with some of its clips only."""
    from ...formats.glb_select import keep_clips

    report(0.0, "exporting", "Keep the animations that were asked for")
    data = keep_clips(store.get(params["sha256"]), frozenset(params["clips"]))
    return {"sha256": store.put(data), "size": len(data)}


def archive(params: Params, store: Store, report: Report) -> dict[str, Any]:
    """All files of an avatar in one."""
    from .archive import write_archive

    report(0.0, "exporting", "Pack the files")
    files = {f["name"]: store.get(f["sha256"]) for f in params["files"]}
    data = write_archive(files, params.get("recipe"), params.get("licences") or [])
    return {"sha256": store.put(data), "size": len(data)}


def process(params: Params, store: Store, report: Report) -> dict[str, Any]:
    """Make an avatar of an upload."""
    from .processing import process_upload

    return process_upload(params, store, report)


def validate(params: Params, store: Store, report: Report) -> dict[str, Any]:
    """Read an upload and judge it."""
    from .processing import validate_upload

    return validate_upload(params, store, report)


TASKS: Mapping[str, Callable[[Params, Store, Report], dict[str, Any]]] = {
    "generate": generate,
    "variant": generate,  # the same files, but no avatar of their own: complete.py
    "picture": picture,
    "shapes": shapes,
    "clips": clips,
    "archive": archive,
    "process": process,
    "validate": validate,
}
