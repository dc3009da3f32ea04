"""An upload, judged and written for a platform: what the engine reads today is GLB."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ... import __version__
from ...errors import ExportRefused, SourceError
from ...formats import read_glb, stored_counts
from ...rules import inspect
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
    findings = [{"severity": s, "rule": r, **f._asdict()} for s, r, f in inspect(avatar, platform)]
    timings["check_file"] = time.perf_counter() - began
    if refused := [f for f in findings if f["severity"] == "error"]:
        raise ExportRefused(
            f"{len(refused)} rules of {platform.title} fail: {refused[0]['message']}", findings=findings, stage="rules"
        )
    report(0.6, "exporting", "Write the files")
    began = time.perf_counter()
    if avatar.skeleton is None:
        raise SourceError("The mesh has no skeleton", hint="Upload a rigged character.")
    bones = avatar.skeleton.names
    avatar = replace(avatar, name=params["name"], extras={"engine": __version__})
    files = platform.write(avatar, platform, "none")
    timings["write_files"] = time.perf_counter() - began
    vertices, faces = stored_counts(avatar)
    names = list(dict.fromkeys(m.name for p in avatar.parts for m in p.mesh.morphs))
    return {
        "stage_reached": "export_ready",
        "vertex_count": vertices,
        "face_count": faces,
        "preset": None,
        "platform": platform.id,
        "exported": True,
        "morph_targets": bool(names),
        "glb_size": len(next(iter(files.values()))),
        "errors": [],
        "files": [
            {
                "name": name,
                "format": name.rpartition(".")[2],
                "size": len(data),
                "sha256": store.put(data),
            }
            for name, data in files.items()
        ],
        "lods": [],
        "bone_count": len(bones),
        "morph_names": names,
        "source": source_facts(avatar),
        "rig": {"state": "kept", "confidence": 1.0, "joints": list(bones)},
        "findings": {"before": count(findings), "after": count(findings)},
        "fixes_applied": [],
        "validation": count(findings),
        "timings": {k: round(1000 * v, 1) for k, v in sorted(timings.items())},
        "licences": [],
        "recipe": None,
    }
