"""Our `evaluate` and `evaluate_batch`, timed.

"shape": parameters to the base mesh, stature met exactly. "posed": that, the skeleton fitted, all vertices skinned.
"""

import json
import statistics
import sys
import time
from functools import cache
from pathlib import Path

import numpy as np

from avatar_foundry.avatar import F32, U16, Binding, Mesh
from avatar_foundry.body import evaluate, evaluate_batch
from avatar_foundry.rig import POSES, bind_weights, place_skeleton, pose_matrices, skin_positions

Values = dict[str, float]


def shape(recipes: list[Values]) -> F32:
    return evaluate(recipes[0])[None] if len(recipes) == 1 else evaluate_batch(recipes)


@cache
def skin_of_all(count: int) -> tuple[U16, F32]:
    return bind_weights(Binding(np.arange(count, dtype=np.int32)[:, None], np.ones((count, 1), np.float32)))


def posed(recipes: list[Values]) -> F32:
    out = shape(recipes)
    joints, weights = skin_of_all(out.shape[1])
    pose = POSES["T"]
    for body in out:
        mesh = Mesh(body.copy(), np.zeros((0, 3), np.int32), joints=joints, weights=weights)
        body[:] = skin_positions(mesh, pose_matrices(place_skeleton(mesh.positions), pose))
    return out


def main() -> None:
    request = json.loads(Path(sys.argv[1]).read_text())
    times: dict[str, float] = {}
    for case in request["cases"]:
        for work in (shape, posed):
            for size in case["sizes"]:
                batches = [case["recipes"][i : i + size] for i in range(0, len(case["recipes"]), size)]
                for batch in batches:  # targets are read from the pack on first use
                    shape(batch)
                work(batches[0])
                spent = []
                for batch in batches:
                    start = time.perf_counter()
                    work(batch)
                    spent.append(1000 * (time.perf_counter() - start) / len(batch))
                times[f"{case['name']} {work.__name__} {size}"] = statistics.median(spent)
    Path(sys.argv[2]).write_text(json.dumps({"times": times}))


main()
