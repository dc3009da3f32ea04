"""Uploads in a worker: processed and kept, or only judged."""

from collections.abc import Mapping
from typing import Any

from ...account import file_name
from ...formats.readers.sandbox import read_safely
from ...formats.readers.sniff import suffix
from ...pipeline import OnStep, Stage
from ...process import process, validate
from ..store import Store
from .tasks import Report


def _steps(report: Report) -> OnStep:
    def on_step(fraction: float, stage: Stage) -> None:
        report(fraction, stage.wire, stage.title)

    return on_step


def process_upload(params: Mapping[str, Any], store: Store, report: Report) -> dict[str, Any]:
    """Make an avatar of an upload and keep its files, the upload itself among them."""
    name, sha256 = params["name"], params["sha256"]
    result = process(name, store.get(sha256), params["options"], on_step=_steps(report), read=read_safely)
    answer = dict(result.answer)
    for f in answer["files"]:
        store.put(result.files[f["name"]], f["sha256"])
    ending = suffix(name)
    stem = file_name(name.rpartition(".")[0])
    source = {"name": f"{stem}_source.{ending}", "format": ending, "size": params["size"], "sha256": sha256}
    answer["files"] = [*answer["files"], {**source, "role": "source", "uploaded_as": name}]
    return answer


def validate_upload(params: Mapping[str, Any], store: Store, report: Report) -> dict[str, Any]:
    """What is wrong with an upload."""
    options = params["options"]
    return validate(params["name"], store.get(params["sha256"]), on_step=_steps(report), read=read_safely, **options)
