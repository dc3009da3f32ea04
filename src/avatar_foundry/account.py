"""The last steps that generated and processed avatars share: run, sign, judge, write, and give an account."""

import hashlib
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .avatar import Avatar
from .errors import ExportRefused
from .formats import stored_counts
from .pipeline import OnStep, Stage, run
from .platforms import Platform
from .rules import inspect
from .rules.registry import SEVERITIES


@dataclass(frozen=True)
class Result:
    """What was made.

    files:  {name: bytes}; the first is the main GLB.
    answer: the answer of the API less what only the service knows (ids and addresses).
    """

    files: Mapping[str, bytes] = field(repr=False)
    answer: Mapping[str, Any]


class Written(NamedTuple):
    """avatar: as written.  findings: of the platform's rules, as plain data.  timings: milliseconds per stage."""

    avatar: Avatar
    files: dict[str, bytes]
    findings: list[dict[str, Any]]
    timings: dict[str, float]


WRITE = Stage("write_files", "Write the files", "exporting", 80.0, lambda avatar: avatar)


def produce(
    stages: Iterable[Stage],
    platform: Platform,
    compression: str,
    formats: Collection[str],
    sign: Callable[[Avatar], Avatar],
    on_step: OnStep,
    started: float,
) -> Written:
    """Run `stages`, judge and write what they make. sign: names the avatar and says where it comes from.
    formats: what is written beside the GLB.

    `on_step` hears each stage start, fraction rising from 0 to below 1. started: when the work began (perf_counter).
    Raises what stages raise, and ExportRefused.
    """
    platform.check(formats, compression)  # what cannot be written is refused before the work
    stages = tuple(stages)
    total = sum(s.cost for s in stages) + WRITE.cost
    share = (total - WRITE.cost) / total
    avatar, steps = run(stages, on_step=lambda fraction, s: on_step(fraction * share, s))
    on_step(share, WRITE)
    avatar = sign(avatar)
    findings = judge(avatar, platform)
    before = time.perf_counter()
    files = platform.written(avatar, formats, compression)
    writing = time.perf_counter() - before
    timings = {"total": 1000 * (time.perf_counter() - started), WRITE.name: 1000 * writing}
    for step in steps:
        timings[step.name] = timings.get(step.name, 0.0) + 1000 * step.seconds
    return Written(avatar, files, findings, {k: round(v, 1) for k, v in sorted(timings.items())})


def judge(avatar: Avatar, platform: Platform) -> list[dict[str, Any]]:
    """What the platform's rules find, as plain data. Raises ExportRefused when one of them is an error."""
    found = [{"severity": s, "rule": rule, **finding._asdict()} for s, rule, finding in inspect(avatar, platform)]
    if refused := [f for f in found if f["severity"] == "error"]:
        raise ExportRefused(
            f"{len(refused)} rules of {platform.title} fail: {refused[0]['message']}", findings=found, stage="rules"
        )
    return found


def tally(findings: list[dict[str, Any]]) -> dict[str, Any]:
    """Findings with their number by severity."""
    return {**{s: sum(f["severity"] == s for f in findings) for s in SEVERITIES}, "findings": findings}


def account(made: Written, platform: Platform) -> dict[str, Any]:
    """The fields that every answer about written files has, generated or processed."""
    avatar = made.avatar
    names = list(dict.fromkeys(m.name for p in avatar.parts for m in p.mesh.morphs))
    vertices, faces = stored_counts(avatar)
    return {
        "stage_reached": "export_ready",
        "vertex_count": vertices,
        "face_count": faces,
        "platform": platform.id,
        "exported": True,
        "morph_targets": bool(names),
        "glb_size": len(next(iter(made.files.values()))),
        "errors": [],
        "files": [
            {
                "name": name,
                "format": name.rpartition(".")[2],
                "size": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
            for name, data in made.files.items()
        ],
        "lods": [_level(avatar, k) for k in range(max(len(p.lods) for p in avatar.parts))],
        "bone_count": len(avatar.skeleton.names) if avatar.skeleton is not None else 0,
        "morph_names": names,
        "validation": tally(made.findings),
        "timings": made.timings,
        "licences": [dict(licence) for licence in avatar.licences],
    }


def _level(avatar: Avatar, k: int) -> dict[str, Any]:
    parts = [(p.lods[min(k, len(p.lods) - 1)], p.lod_errors) for p in avatar.parts]
    errors: dict[str, float] = {}
    for _, per_lod in parts:
        for key, value in (per_lod[min(k, len(per_lod) - 1)] if per_lod else {}).items():
            errors[key] = round(max(errors.get(key, 0.0), value), 3)
    return {"level": k, "faces": sum(len(mesh.faces) for mesh, _ in parts), **errors}


def file_name(name: str) -> str:
    """A name that every engine and file system takes: ASCII letters, digits, `_`, `-`."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in name).strip("_-")
    return safe or "avatar"
