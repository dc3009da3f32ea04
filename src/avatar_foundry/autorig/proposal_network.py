"""The proposing network in NumPy: weights from the package's data, a forward pass for a few looks at once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32
from .proposal_points import COARSE, MIDDLE, Seen

HEADS = 4
#: The joints that are proposed, in the network's order.
JOINTS: tuple[str, ...] = (
    *("hips", "spine", "chest", "upperChest", "neck", "head"),
    *(
        side + bone
        for side in ("left", "right")
        for bone in ("UpperLeg", "LowerLeg", "Foot", "Toes", "Shoulder", "UpperArm", "LowerArm", "Hand")
    ),
)
PROP = len(JOINTS)  # the part label of what belongs to no joint


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """What one pass says, in the frame of `Seen.rows`.

    joints: (22, 3); scatter: (22,) root mean square distance of the votes from each; doubt: (22,) log of the expected
    error over the figure's height; part: (MIDDLE, 23) log-odds of the middle points' parts; humanoid: log-odds;
    forward, up: (3,) directions, longer when surer.
    """

    joints: F32
    scatter: F32
    doubt: F32
    part: F32
    humanoid: float
    forward: F32
    up: F32


@lru_cache(maxsize=1)
def weights() -> Mapping[str, F32]:
    """The trained weights, float32 (stored as float16)."""
    data = files(__package__).joinpath("data/proposal.npz").read_bytes()
    with np.load(BytesIO(data)) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


@lru_cache(maxsize=1)
def calibration() -> Mapping[str, list[float]]:
    """Per joint [a, b, c]: expected error / height = exp(a + b doubt + c log jitter); [a, b] of two logistic scores."""
    table: Mapping[str, list[float]] = json.loads(files(__package__).joinpath("data/proposal.json").read_text("utf-8"))
    return table


def _linear(w: Mapping[str, F32], name: str, x: F32) -> F32:
    matrix = w[f"{name}.weight"]
    y = (x.reshape(-1, x.shape[-1]) @ matrix.T).reshape(*x.shape[:-1], len(matrix))
    return np.asarray(y + w[f"{name}.bias"]) if f"{name}.bias" in w else np.asarray(y)


def _relu(x: F32) -> F32:
    return np.maximum(x, 0.0, out=x)


def _softmax(x: F32) -> F32:
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(x / x.sum(axis=-1, keepdims=True))


def _normed(w: Mapping[str, F32], name: str, x: F32) -> F32:
    x = x - x.mean(axis=-1, keepdims=True)
    x /= np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + np.float32(1e-5))
    return np.asarray(x * w[f"{name}.weight"] + w[f"{name}.bias"])


def _local(w: Mapping[str, F32], name: str, neighbours: F32, centres: F32, near: NDArray[np.int64]) -> F32:
    """(b, C, out) features of the neighbourhoods of C centres: relu(max over neighbours of W relu(U n - V c)).

    neighbours: (b, n, features); centres: (b, C, features); near: (b, C, k) into n.
    """
    b, n = neighbours.shape[:2]
    u = _linear(w, f"{name}.u", neighbours).reshape(b * n, -1)[near + n * np.arange(b)[:, None, None]]
    u -= _linear(w, f"{name}.v", centres)[:, :, None]
    return _relu(_linear(w, f"{name}.w", _relu(u).reshape(near.size, -1)).reshape(*near.shape, -1).max(axis=2))


def _attend(w: Mapping[str, F32], name: str, x: F32) -> F32:
    b, n, width = x.shape
    q, k, v = _linear(w, f"{name}.qkv", x).reshape(b, n, 3, HEADS, width // HEADS).transpose(2, 0, 3, 1, 4)
    mixed = _softmax(q @ k.transpose(0, 1, 3, 2) * np.float32((width // HEADS) ** -0.5)) @ v
    return _linear(w, f"{name}.out", mixed.transpose(0, 2, 1, 3).reshape(b, n, width))


def run(looks: Sequence[tuple[Seen, F32]]) -> list[Answer]:
    """One pass for each (seen, rows); rows are `seen.rows` or a turn of them, (POINTS, 6)."""
    w, count, b = weights(), len(JOINTS), len(looks)
    rows = np.stack([r for _, r in looks])
    near1, near2, near3 = (np.stack([getattr(seen, n) for seen, _ in looks]) for n in ("near1", "near2", "near3"))
    place = rows[:, :MIDDLE, :3]
    f1 = np.concatenate([_local(w, "local1", rows, rows[:, :MIDDLE], near1), place], axis=2)
    f2 = _local(w, "local2", f1, f1[:, :COARSE], near2)
    x = _linear(w, "enter", np.concatenate([f2, place[:, :COARSE]], axis=2))
    x = np.concatenate([x, np.broadcast_to(w["tokens"], (b, *w["tokens"].shape))], axis=1)
    block = 0
    while f"blocks.{block}.out.weight" in w:
        name = f"blocks.{block}"
        x = x + _attend(w, name, _normed(w, f"{name}.norm1", x))
        x = x + _linear(w, f"{name}.down", _relu(_linear(w, f"{name}.up", _normed(w, f"{name}.norm2", x))))
        block += 1
    x = _normed(w, "last", x)
    x, tokens = x[:, :COARSE], x[:, COARSE:]
    batch = np.arange(b)[:, None, None]
    share = 1.0 / (np.square(place[batch, near3] - place[:, :, None]).sum(axis=3) + np.float32(1e-3))
    share /= share.sum(axis=2, keepdims=True)
    spread = np.einsum("bmkc,bmk->bmc", x[batch, near3], share)
    f3 = _relu(_linear(w, "middle1", np.concatenate([spread, f1], axis=2)))
    f3 = _relu(_linear(w, "middle2", f3))
    joint = tokens[:, :count]
    key = _linear(w, "key", f3)
    weight = _softmax(_linear(w, "query", joint) @ key.transpose(0, 2, 1) * np.float32(key.shape[2] ** -0.5))
    votes = place[:, None] + _linear(w, "offset", f3).reshape(b, MIDDLE, count, 3).transpose(0, 2, 1, 3)
    at = np.einsum("bjm,bjmc->bjc", weight, votes)
    scatter = np.einsum("bjm,bjm->bj", weight, np.square(votes - at[:, :, None]).sum(axis=3))
    scatter = np.sqrt(np.maximum(scatter, np.float32(1e-8)))
    apart = np.linalg.norm(_linear(w, "coarse", joint) - at, axis=2)
    hints = np.stack([np.log(scatter), np.log(apart + np.float32(1e-3))], axis=2)
    doubt = _linear(w, "doubt", np.concatenate([joint, hints], axis=2))[..., 0]
    whole, part = _linear(w, "whole", tokens[:, count]), _linear(w, "part", f3)
    return [
        Answer(at[i], scatter[i], doubt[i], part[i], float(whole[i, 0]), whole[i, 1:4], whole[i, 4:7]) for i in range(b)
    ]
