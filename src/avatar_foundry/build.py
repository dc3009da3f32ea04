"""One recipe in, files and an account of them out."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import __version__
from .avatar import Avatar
from .credits import credits_for
from .errors import ExportRefused
from .formats import stored_counts
from .pack import open_pack
from .pipeline import OnStep, Stage, ignore_step, run
from .plan import items, plan
from .platforms import PLATFORMS, Platform
from .recipe import Recipe, parse
from .resolve import Resolution, resolve
from .rules import inspect


@dataclass(frozen=True)
class Result:
    """What `build` made.

    files:  {name: bytes}; the first is the main GLB.
    answer: the generate answer of the API less what only the service knows (ids and addresses).
    """

    files: Mapping[str, bytes] = field(repr=False)
    answer: Mapping[str, Any]


EXPORTING = Stage("write_files", "Write the files", "exporting", 80.0, lambda avatar: avatar)


def build(recipe: Recipe | Mapping[str, Any], *, on_step: OnStep = ignore_step, skip: tuple[str, ...] = ()) -> Result:
    """Make the avatar that `recipe` asks for.

    `on_step(fraction, stage)` hears each stage start, fraction rising from 0 to below 1, and stops the work by raising
    Cancelled. `skip` drops stages by name, except dressing and its age rules.
    Raises RecipeError, ExportRefused (the platform's rules fail), PackError, StageFailed, Cancelled.
    """
    asked = recipe if isinstance(recipe, Recipe) else parse(recipe)
    started = time.perf_counter()
    resolution = resolve(asked)
    recipe = resolution.recipe
    platform = PLATFORMS[recipe.platform]
    stages = tuple(s for s in plan(recipe) if s.name not in skip or s.wire == "dressing")
    total = sum(s.cost for s in stages) + EXPORTING.cost
    share = (total - EXPORTING.cost) / total
    avatar, steps = run(stages, on_step=lambda fraction, s: on_step(fraction * share, s))
    on_step(share, EXPORTING)
    avatar = replace(
        avatar,
        name=_file_name(recipe.name or "avatar"),
        licences=credits_for(items(recipe)),
        extras={"recipe": recipe.digest(), "engine": __version__, "pack": open_pack().digest},
    )
    findings = judge(avatar, platform)
    before = time.perf_counter()
    files = platform.write(avatar, platform, recipe.compression)
    writing = time.perf_counter() - before
    timings = {"total": 1000 * (time.perf_counter() - started), "write_files": 1000 * writing}
    for step in steps:
        timings[step.name] = timings.get(step.name, 0.0) + 1000 * step.seconds
    return Result(files, _answer(asked, resolution, avatar, files, findings, timings))


def judge(avatar: Avatar, platform: Platform) -> list[dict[str, Any]]:
    """What the platform's rules find, as plain data. Raises ExportRefused when one of them is an error."""
    found = [{"severity": s, "rule": rule, **finding._asdict()} for s, rule, finding in inspect(avatar, platform)]
    if refused := [f for f in found if f["severity"] == "error"]:
        raise ExportRefused(
            f"{len(refused)} rules of {platform.title} fail: {refused[0]['message']}", findings=found, stage="rules"
        )
    return found


def account(avatar: Avatar, *, platform_id: str, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The fields that every answer about written files has, generated or processed."""
    names = list(dict.fromkeys(m.name for p in avatar.parts for m in p.mesh.morphs))
    vertices, faces = stored_counts(avatar)
    return {
        "stage_reached": "export_ready",
        "vertex_count": vertices,
        "face_count": faces,
        "platform": platform_id,
        "exported": True,
        "morph_targets": bool(names),
        "glb_size": len(next(iter(files.values()))),
        "errors": [],
        "files": [
            {
                "name": name,
                "format": name.rpartition(".")[2],
                "size": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
            for name, data in files.items()
        ],
        "bone_count": len(avatar.skeleton.names) if avatar.skeleton is not None else 0,
        "morph_names": names,
    }


def _file_name(name: str) -> str:
    """A name that every engine and file system takes: ASCII letters, digits, `_`, `-`."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in name).strip("_-")
    return safe or "avatar"


def _answer(
    asked: Recipe,
    resolution: Resolution,
    avatar: Avatar,
    files: Mapping[str, bytes],
    findings: list[dict[str, Any]],
    timings: Mapping[str, float],
) -> dict[str, Any]:
    recipe = resolution.recipe
    levels = max(len(p.lods) for p in avatar.parts)
    return {
        **account(avatar, platform_id=recipe.platform, files=files),
        "preset": asked.preset,
        "lods": [_level(avatar, k) for k in range(levels)],
        "interpretation": {
            "words": [w._asdict() for w in resolution.words],
            "ignored": [w.text for w in resolution.words if not w.fields],
            "notes": list(resolution.notes),
        },
        "validation": {
            **{s: sum(f["severity"] == s for f in findings) for s in ("error", "warning", "info", "hint")},
            "findings": findings,
        },
        "timings": {k: round(v, 1) for k, v in sorted(timings.items())},
        "licences": [dict(licence) for licence in avatar.licences],
        "recipe": recipe.compact(),
    }


def _level(avatar: Avatar, k: int) -> dict[str, Any]:
    parts = [(p.lods[min(k, len(p.lods) - 1)], p.lod_errors) for p in avatar.parts]
    errors: dict[str, float] = {}
    for _, per_lod in parts:
        for key, value in (per_lod[min(k, len(per_lod) - 1)] if per_lod else {}).items():
            errors[key] = round(max(errors.get(key, 0.0), value), 3)
    return {"level": k, "faces": sum(len(mesh.faces) for mesh, _ in parts), **errors}
