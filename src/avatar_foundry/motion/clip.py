"""A clip for one skeleton: its entry becomes a take, the take is solved, the rotations become local."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import Clip, Skeleton
from ..geometry.rotations import quaternions
from ..humanoid import INDEX
from ..rig.pose import POSES, posed_rotations
from .curves import curve
from .face import blink, express, glance, look_by_shapes, speak
from .figure import SIDES, Figure, figure
from .gait import gait_channels, speed, stride_seconds
from .jump import flight, flight_share
from .library import CLIPS, sources
from .reach import Reach, guess_reach
from .solve import solve_take
from .take import DEFAULTS, Take
from .turning import transposed

F64 = NDArray[np.float64]
#: Share of the usual step where a robe joins the legs.
SKIRTED = 0.78
_BREATH = 3.6  # seconds of one breath at rest, about


def make_clip(name: str, skeleton: Skeleton, *, fps: int = 30, body: Reach | None = None) -> Clip:
    """The clip called `name`, solved for `skeleton`.

    skeleton: AXIS-65 by its canonical names in any rest pose; joints may be missing (but VRM's required ones) and
    others may be added: those stay at rest. body: limits of the surface, from `reach_of`; None: usual ones.
    Raises KeyError for an unknown name, ValueError for fps below 1.
    """
    entry = sources()[CLIPS[name].name]
    if fps < 1:
        raise ValueError("fps must be at least 1")
    whole = figure(skeleton)
    reach = guess_reach(whole) if body is None else body
    if "pose" in entry:
        return _still(name, entry, whole, fps)
    take = make_take(name, whole, fps, SKIRTED if reach.skirted else 1.0)
    if not whole.present[INDEX["leftEye"]]:
        look_by_shapes(take)
    out, at = solve_take(take, whole, reach)
    return _clip(name, take, whole, out, at)


def make_take(name: str, body: Figure, fps: int = 30, step: float = 1.0) -> Take:
    """The take of a clip for a body: its keys, gait, breath and face over time. step: share of the usual step."""
    entry = sources()[name]
    loop = bool(entry.get("loop", False))
    nominal = float(entry["seconds"])
    seconds = nominal * flight_share(entry, body)
    if "gait" in entry:
        seconds = stride_seconds(entry["gait"], body)
    frames = max(2, round(seconds * fps) + 1)
    times = np.linspace(0.0, seconds, frames)
    # keys are read on the nominal clock, so that a quicker clip keeps its keys
    take = Take(times * (nominal / seconds), (frames - 1) / nominal, loop, floor=bool(entry.get("floor", False)),
                stepping=bool(entry.get("stepping", False)))  # fmt: skip
    period = nominal if loop else 0.0
    for group in ("hips", "trunk", "head", "root"):
        for channel, keys in entry.get(group, {}).items():
            take.channels[f"{group}.{channel}"] = curve(take.times, keys, period)
    for kind, plural in (("Arm", "arms"), ("Leg", "legs"), ("Foot", "feet")):
        both = entry.get(plural, {})
        for side in SIDES:
            late = 0.035 if kind == "Arm" and side == "left" and not both.get("even", False) else 0.0
            for channel, keys in {**both, **entry.get(side + kind, {})}.items():
                if channel == "even":
                    continue
                assert channel in DEFAULTS[kind.lower()], f"clips.toml: {name} has no channel {kind}.{channel}"
                shift = late if channel in both and channel not in entry.get(side + kind, {}) else 0.0
                take.channels[f"{side}{kind}.{channel}"] = curve(take.times - shift, keys, period)
    if "gait" in entry:
        gait_channels(take, entry["gait"], body, nominal, step)
    elif step != 1.0:
        for side in SIDES:
            take.channels[f"{side}Foot.z"] = step * take[f"{side}Foot.z"]
    if "flight" in entry:
        flight(take, entry["flight"])
    breathe(take, float(entry.get("breath", 0.5)), float(entry.get("breath_seconds", _BREATH)))
    _face(take, entry, period)
    if seconds != nominal:
        take.times = times
        take.fps = (frames - 1) / seconds
    if "gait" in entry:
        take.channels["root.z"] = speed(entry["gait"], body, step) * times / body.leg
    return take


def breathe(take: Take, depth: float, period: float) -> None:
    """Chest and shoulders rise with the breath: in for two fifths, out for the rest."""
    if not depth:
        return
    seconds = float(take.times[-1])
    if take.loop:
        period = seconds / max(1, round(seconds / period))
    wave = curve(take.times, [[0.0, 0.0], [0.42 * period, 1.0], [0.9 * period, 0.0]], period)
    take.add("trunk.breath", depth * wave)
    for side in SIDES:
        take.add(f"{side}Arm.shrug", 1.8 * depth * wave)
        take.add(f"{side}Arm.out", 0.8 * depth * wave)


def _face(take: Take, entry: Mapping[str, Any], period: float) -> None:
    if "glances" in entry:
        glance(take, entry["glances"])
    for shape, keys in entry.get("shapes", {}).items():
        express(take, shape, curve(take.times, keys, period))
    if "speech" in entry:
        speak(take, entry["speech"])
    if "blinks" in entry:
        blink(take, entry["blinks"])


def _still(name: str, entry: Mapping[str, Any], body: Figure, fps: int) -> Clip:
    """A test pose, held."""
    seconds = float(entry["seconds"])
    turns = posed_rotations(body.whole, POSES[entry["pose"]])
    out = np.tile(turns, (2, 1, 1, 1))
    take = Take(np.array([0.0, seconds]), 1.0 / seconds, True)
    del fps
    return _clip(name, take, body, out, np.tile(body.at, (2, 1, 1)))


def _clip(name: str, take: Take, body: Figure, out: F64, at: F64) -> Clip:
    skeleton = body.skeleton
    count, joints = len(out), len(skeleton.names)
    rest = skeleton.rest[:, :3, :3].astype(np.float64)
    rest = rest / np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-9)
    world = np.empty((count, joints, 3, 3))
    known = body.present
    world[:, body.source[known]] = out[:, known]
    mine = set(body.source[known].tolist())
    for k, parent in enumerate(skeleton.parents.tolist()):
        if k not in mine:
            world[:, k] = world[:, parent] @ (rest[parent].T @ rest[k]) if parent >= 0 else rest[k]
    up = skeleton.parents.astype(np.int64)
    local = world.copy()
    has = up >= 0
    local[:, has] = transposed(world[:, up[has]]) @ world[:, has]
    q = quaternions(local.reshape(-1, 3, 3)).reshape(count, joints, 4)
    # the same sign from key to key, so that interpolation goes the short way
    flips = np.cumprod(np.where((q[1:] * q[:-1]).sum(-1) < 0.0, -1.0, 1.0), axis=0)
    q[1:] *= flips[..., None]
    above = int(up[body.source[0]])
    hips = at[:, 0]
    if above >= 0:
        matrix = np.linalg.inv(skeleton.rest[above].astype(np.float64))
        hips = hips @ matrix[:3, :3].T + matrix[:3, 3]
    travel = np.stack([take["root.x"], np.zeros(count), take["root.z"]], axis=-1) * body.leg
    turn = np.radians(take["root.turn"])
    return Clip(
        name,
        take.times.astype(np.float32),
        q.astype(np.float32),
        hips.astype(np.float32),
        {shape: weight.astype(np.float32) for shape, weight in take.shapes.items() if weight.any()},
        travel.astype(np.float32) if np.abs(travel).max() > 0.0 else None,
        turn.astype(np.float32) if np.abs(turn).max() > 0.0 else None,
        take.loop,
    )
