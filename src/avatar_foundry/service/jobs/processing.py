"""An upload, judged and written for a platform: what the engine reads today is GLB."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ... import __version__
from ...account import Written, account, judge
from ...errors import SourceError
from ...formats import read_glb
from ..store import Store
from .tasks import Report, count, known_platform, source_facts


def process_upload(params: Mapping[str, Any], store: Store, report: Report) -> dict[str, Any]:
    """Read, check, export. Raises SourceError, ExportRefused."""
    platform, timings = known_platform(params["platform"]), {}
    report(0.0, "reading", "Read the file")
    began = time.perf_counter()
    avatar = read_glb(store.get(params["sha256"]))
    timings["read_file"] = time.perf_counter() - began
    report(0.4, "checking", "Judge the file")
    began = time.perf_counter()
    findings = judge(avatar, platform)
    timings["check_file"] = time.perf_counter() - began
    report(0.6, "exporting", "Write the files")
    began = time.perf_counter()
    if avatar.skeleton is None:
        raise SourceError("The mesh has no skeleton", hint="Upload a rigged character.")
    bones = avatar.skeleton.names
    avatar = replace(avatar, name=params["name"], extras={"engine": __version__})
    files = platform.write(avatar, platform, "none")
    timings["write_files"] = time.perf_counter() - began
    for data in files.values():
        store.put(data)
    made = Written(avatar, files, findings, {k: round(1000 * v, 1) for k, v in sorted(timings.items())})
    return {
        **account(made, platform),
        "preset": None,
        "source": source_facts(avatar),
        "rig": {"state": "kept", "confidence": 1.0, "joints": list(bones)},
        "findings": {"before": count(findings), "after": count(findings)},
        "fixes_applied": [],
        "recipe": None,
    }
