"""Animation of FBX files: curves of translation, rotation and scaling, sampled evenly."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import SourceError
from .fbx_objects import Graph, Object
from .fbx_transform import ONE, ZERO, local_matrix
from .fbx_tree import Arrays
from .scene import Motion
from .upload import Log

SECOND = 46_186_158_000  # FBX's ticks in a second
RATE = 30.0
MAX_STEPS = 20_000  # eleven minutes
MAX_CELLS = 4_000_000  # steps times nodes that move
MAX_STACKS = 64
CHANNELS = {"Lcl Translation": 0, "Lcl Rotation": 1, "Lcl Scaling": 2}
REST = (ZERO, ZERO, ONE)


def read_motions(
    graph: Graph, arrays: Arrays, nodes: dict[int, int], above: dict[int, Object | None], log: Log
) -> Iterator[Motion]:
    """A motion per animation stack whose first layer moves a node."""
    cells = 0
    for k, stack in enumerate(graph.kind("AnimationStack")):
        if k >= MAX_STACKS:
            log.note(f"Only the first {MAX_STACKS} animations were read.")
            return
        layer = next((o for o, _ in graph.below(stack.id, "AnimationLayer")), None)
        if layer is None:
            continue
        moving = curves_of(graph, arrays, layer, nodes)
        keys = [t for curves in moving.values() for held in curves for pair in held if pair for t in pair[0][[0, -1]]]
        if not keys or max(keys) <= min(keys):
            continue  # a stack of single keys is the pose that the nodes stand in
        start, stop = min(keys), max(keys)
        steps = int(np.ceil((stop - start) * RATE - 1e-6)) + 1
        cells += steps * len(moving)
        if steps > MAX_STEPS or cells > MAX_CELLS:
            log.note(f"The animation {stack.name} is too long and was left out.")
            log.counts["clips_left_out"] += 1
            continue
        times = start + np.arange(steps) / RATE
        local = {}
        for id, curves in moving.items():
            model = graph.objects[id]
            values = []
            for c, (name, held) in enumerate(zip(CHANNELS, curves, strict=True)):
                rest = model.vector(name, REST[c])
                axes = [np.interp(times, *pair) if pair else np.full(steps, rest[a]) for a, pair in enumerate(held)]
                values.append(np.stack(axes, axis=1))
            local[nodes[id]] = local_matrix(model, above.get(id), *values)
        yield Motion(stack.name or f"clip_{k}", times - start, local)


Curve = tuple[NDArray[np.float64], NDArray[np.float64]] | None


def curves_of(graph: Graph, arrays: Arrays, layer: Object, nodes: dict[int, int]) -> dict[int, list[list[Curve]]]:
    """Model id -> for translation, rotation, scaling: the curves (times, values) of x, y, z."""
    moving: dict[int, list[list[Curve]]] = {}
    for node, _ in graph.below(layer.id, "AnimationCurveNode"):
        for model, target in graph.above(node.id, "Model"):
            if target not in CHANNELS or model.id not in nodes:
                continue
            held: list[Curve] = [None, None, None]
            for curve, axis in graph.below(node.id, "AnimationCurve"):
                if axis in ("d|X", "d|Y", "d|Z"):
                    held["XYZ".index(axis[2])] = read_curve(curve, arrays)
            if any(held):
                rows = moving.setdefault(model.id, [[None] * 3, [None] * 3, [None] * 3])
                rows[CHANNELS[target]] = held
    return moving


def read_curve(curve: Object, arrays: Arrays) -> Curve:
    """(times in seconds, values); None for an empty one."""
    times, values = arrays.of(curve.record, "KeyTime", "i8"), arrays.of(curve.record, "KeyValueFloat", "f8")
    if times is None or values is None or not len(times):
        return None
    if len(times) != len(values) or not np.isfinite(values).all() or (np.diff(times) < 0).any():
        raise SourceError("The file is damaged: an animation's keys do not fit its times")
    seconds: NDArray[Any] = times / SECOND
    return seconds, values
