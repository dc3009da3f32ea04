"""The last steps that generated and processed avatars share: run, sign, judge, write, and give an account."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from .avatar import Avatar, Clip
from .errors import ExportRefused, Issue, Suggestion
from .fitting import Notes
from .formats import stored_counts
from .pipeline import OnStep, Stage, run
from .platforms import Platform
from .platforms.files import nothing_for_draco
from .platforms.fit_bytes import fit_bytes
from .platforms.platform import RULE_OF, STATED
from .rules import RULES, Finding, Order, described, inspect
from .rules.budget import over
from .rules.registry import PLAIN, SEVERITIES
from .rules.skeleton_pose import ARM_TOLERANCE


@dataclass(frozen=True)
class Result:
    """What was made.

    files:  {name: bytes}; the first is the main GLB.
    answer: the answer of the API less what only the service knows (ids and addresses).
    """

    files: Mapping[str, bytes] = field(repr=False)
    answer: Mapping[str, Any]


class Written(NamedTuple):
    """avatar: as written.  findings: of the platform's rules, as plain data.  timings: milliseconds per stage.
    fitted: what was done to meet the budget."""

    avatar: Avatar
    files: dict[str, bytes]
    findings: list[dict[str, Any]]
    timings: dict[str, float]
    fitted: Notes


WRITE = Stage("write_files", "Write the files", "exporting", 80.0, lambda avatar: avatar)


def produce(
    stages: Iterable[Stage],
    platform: Platform,
    compression: str,
    formats: Collection[str],
    sign: Callable[[Avatar], Avatar],
    on_step: OnStep,
    started: float,
    notes: Notes,
) -> Written:
    """Run `stages`, judge and write what they make. sign: names the avatar and says where it comes from.
    formats: what is written beside the GLB.  notes: what the stages did to meet the budget; the last steps are added.

    `on_step` hears each stage start, fraction rising from 0 to below 1. started: when the work began (perf_counter).
    Raises what stages raise, and ExportRefused.
    """
    platform.check(formats, compression)  # what cannot be written is refused before the work
    if compression == "draco" and "static" not in formats:
        raise nothing_for_draco()  # whatever is made here has a skin
    stages = tuple(stages)
    total = sum(s.cost for s in stages) + WRITE.cost
    share = (total - WRITE.cost) / total
    avatar, steps = run(stages, on_step=lambda fraction, s: on_step(fraction * share, s))
    on_step(share, WRITE)
    avatar = sign(avatar)
    findings = judge(avatar, platform, Order(compression))
    avatar = replace(avatar, extras={**avatar.extras, "validation": summary(findings)})
    before = time.perf_counter()
    files = platform.written(avatar, formats, compression)
    if (size := len(next(iter(files.values())))) > platform.budget.bytes:
        own = platform.packing(avatar, formats, compression)
        avatar, main = fit_bytes(avatar, platform, own, size, notes)
        files = platform.written(avatar, formats, compression if own != compression else main, main)
        size = len(next(iter(files.values())))
        notes[:] = [n._replace(after=size) if n.budget == "bytes" else n for n in notes]
        findings += refuse(too_large(size, platform), platform)
    if "report" in formats:
        files[f"{avatar.name}_report.json"] = report(Written(avatar, files, findings, {}, notes), platform)
    writing = time.perf_counter() - before
    timings = {"total": 1000 * (time.perf_counter() - started), WRITE.name: 1000 * writing}
    for step in steps:
        timings[step.name] = timings.get(step.name, 0.0) + 1000 * step.seconds
    return Written(avatar, files, findings, {k: round(v, 1) for k, v in sorted(timings.items())}, notes)


def judge(avatar: Avatar, platform: Platform, order: Order = PLAIN) -> list[dict[str, Any]]:
    """What the platform's rules find, as plain data. Raises ExportRefused when one of them is an error.

    order: how the files are asked for. Not the size of the file: that is judged when it is written."""
    found = inspect(avatar, replace(platform, order=order))
    return refuse([described(s, rule, f) for s, rule, f in found if rule != RULE_OF["bytes"]], platform)


def refuse(found: list[dict[str, Any]], platform: Platform) -> list[dict[str, Any]]:
    """`found` itself. Raises ExportRefused when an error is among it: the message names the first, each rule that is
    broken lends one suggestion, each finding one issue."""
    found = [with_way_out(f) if f["severity"] == "error" else f for f in found]
    refused = [f for f in found if f["severity"] == "error"]
    if not refused:
        return found
    count = len({f["rule"] for f in refused})
    ways = {f["rule"]: Suggestion(**f["suggestion"]) for f in refused}
    raise ExportRefused(
        f"{count} {'rule' if count == 1 else 'rules'} of {platform.title} {'fails' if count == 1 else 'fail'}: "
        f"{refused[0]['message']} ({refused[0]['rule']})",
        findings=found,
        stage="rules",
        suggestions=list(dict.fromkeys(ways.values())),
        issues=[Issue(pointer(f, platform), f["message"]) for f in refused[:32]],
    )


def pointer(finding: Mapping[str, Any], platform: Platform) -> str:
    """The field of the request that a finding breaks, where it states a budget; else the place in the avatar."""
    if platform.severities.get(finding["rule"], ("", ""))[1] == STATED:
        return next(f"/budget/{name}" for name, rule in RULE_OF.items() if rule == finding["rule"])
    return f"/{finding['where']}" if finding["where"] else ""


DROOP = 45  # degrees by which the arms hang in the A-pose; see rig.bake_pose


def refuse_pose(pose: str, platform: Platform) -> None:
    """Raises ExportRefused for an A-pose where level arms are demanded: before anything is made."""
    rule, droop = "skeleton/t-pose", DROOP
    if pose != "A" or platform.severities.get(rule, ("", ""))[0] != "error" or not rule.startswith(platform.rules):
        return
    message = f"in the A-pose the upper arm hangs {droop} degrees"
    numbers = {"degrees": float(droop), "limit": ARM_TOLERANCE}
    refuse([described("error", rule, Finding("not-level", message, "pose", numbers))], platform)


def summary(findings: list[dict[str, Any]]) -> dict[str, Any]:
    """What the files tell about their inspection: how many findings of each severity, and of each rule."""
    rules = Counter(f["rule"] for f in findings)
    counts = Counter(f["severity"] for f in findings)
    return {**{s: counts[s] for s in SEVERITIES}, "rules": dict(sorted(rules.items()))}


def too_large(size: int, platform: Platform) -> list[dict[str, Any]]:
    """The finding for a main file of `size` bytes above its budget."""
    rule = RULE_OF["bytes"]
    severity = platform.severities.get(rule, (RULES[rule].severity, ""))[0]
    found = over("bytes", size, platform.budget.bytes, "bytes in the main file")
    return [described(severity, rule, f) for f in found]


CHEAPER = {  # what makes room where a budget was not met, beyond what was tried already
    "triangles": "leave out a part of the outfit, or choose simpler hair",
    "bones": 'no skeleton is smaller than "skeleton": "minimal"',
    "morphs": "the platform needs them",
    "texture_memory": 'ask for fewer materials, or "atlas": true',
    "bytes": 'state fewer "morphs" or "triangles", set "morph_targets": false, or take "meshopt" where it is read',
}


def way_out(finding: Mapping[str, Any]) -> Suggestion | None:
    """What to ask for instead, for a budget that was not met."""
    names = [name for name, rule in RULE_OF.items() if rule == finding["rule"]]
    if not names or "count" not in finding["numbers"]:
        return None
    least = int(finding["numbers"]["count"])
    text = f"{least:,} is what could be reached"
    return Suggestion(
        f"Allow {least} {names[0]}", f"{text}; or {CHEAPER[names[0]]}." if names[0] in CHEAPER else f"{text}.", 0.8
    )


def with_way_out(finding: dict[str, Any]) -> dict[str, Any]:
    """The finding, and for a budget that was not met what to ask for instead."""
    way = way_out(finding)
    return finding if way is None else {**finding, "suggestion": way._asdict()}


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
        "animations": [told(clip) for clip in avatar.clips],
        "validation": tally(made.findings),
        "fitted": [step._asdict() for step in made.fitted],
        "timings": made.timings,
        "licences": [dict(licence) for licence in avatar.licences],
    }


def told(clip: Clip) -> dict[str, Any]:
    """A clip as answers have it. root_motion: whether the root goes over the ground."""
    seconds = float(clip.times[-1] - clip.times[0]) if len(clip.times) else 0.0
    moving = clip.travel is not None or clip.turn is not None
    return {"name": clip.name, "seconds": round(seconds, 3), "loop": clip.loop, "root_motion": moving}


def report(made: Written, platform: Platform) -> bytes:
    """The account as a file of its own, for pipelines that keep what was found beside what was made. The same avatar
    gives the same bytes: it tells no times."""
    told = {k: v for k, v in account(made, platform).items() if k != "timings"}
    about = {k: v for k, v in made.avatar.extras.items() if k != "validation"}
    text = json.dumps({**about, **told}, sort_keys=True, indent=1, ensure_ascii=False, default=list)
    return (text + "\n").encode()


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
