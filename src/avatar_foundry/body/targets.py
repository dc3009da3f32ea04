"""Sums of weighted target deltas over the base mesh, kept ready in memory in the form that adds fastest."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from ..avatar import F32
from ..geometry.memo import freeze
from ..pack import open_pack

STEP = np.float32(1e-4)  # metres: what one unit of the stored int16 deltas means
DENSE = 3000  # entries above which a target is kept as a full row: adding rows is one pass without an index


@lru_cache(maxsize=1)
def _names() -> dict[str, int]:
    return {name: i for i, name in enumerate(open_pack().meta["targets"]["names"])}


def has_target(name: str) -> bool:
    """Whether the data hold `name`."""
    return name in _names()


@lru_cache(maxsize=4096)
def sparse_target(name: str) -> tuple[NDArray[np.int32], F32]:
    """Base vertices (K,) i32 that target `name` moves and their deltas (K, 3) f32, metres. Raises KeyError."""
    pack = open_pack()
    i = _names()[name]
    start, end = pack.array("targets/offsets")[i : i + 2]
    index = np.asarray(pack.array("targets/index")[start:end], np.int32)
    return freeze((index, np.asarray(pack.array("targets/delta")[start:end], np.float32) * STEP))


@lru_cache(maxsize=320)  # 74 MB when full: all rows of adult bodies
def _row(name: str) -> F32:
    """Target `name` as a full row (3B,) f32, metres."""
    pack = open_pack()
    i = _names()[name]
    start, end = pack.array("targets/offsets")[i : i + 2]
    row = np.zeros((len(base_positions()), 3), np.float32)
    row[pack.array("targets/index")[start:end]] = pack.array("targets/delta")[start:end] * STEP
    return row.reshape(-1)


@lru_cache(maxsize=4096)
def _is_dense(name: str) -> bool:
    i = _names()[name]
    start, end = open_pack().array("targets/offsets")[i : i + 2]
    return bool(end - start > DENSE)


@lru_cache(maxsize=1024)
def _flat(name: str) -> tuple[NDArray[np.int32], F32]:
    index, delta = sparse_target(name)
    flat = (3 * index[:, None] + np.arange(3, dtype=np.int32)).reshape(-1)
    return flat.astype(np.int32, copy=False), delta.reshape(-1)


@lru_cache(maxsize=1)
def base_positions() -> F32:
    """The base mesh without any target, (B, 3) f32, metres."""
    return freeze(np.array(open_pack().array("base/positions"), np.float32))


def add_targets(out: F32, weights: Mapping[str, float]) -> F32:
    """Add sum(weight * delta) to `out` (B, 3) f32, metres, in place; names without data are skipped. Returns `out`."""
    flat = out.reshape(-1)
    known = [(name, w) for name, w in weights.items() if has_target(name)]
    step = np.empty_like(flat)
    for name, w in known:
        if _is_dense(name):  # product and sum apart: fused ones round differently from machine to machine
            flat += np.multiply(_row(name), np.float32(w), out=step)
    small = [(name, w) for name, w in known if not _is_dense(name)]
    if small:
        flat += _columns([name for name, _ in small]) @ np.array([w for _, w in small], np.float32)
    return out


def add_targets_batch(out: F32, weights: Sequence[Mapping[str, float]]) -> F32:
    """`add_targets` for `out` (N, B, 3) and N mappings, as two matrix products. In place; returns `out`."""
    names = sorted({name for mapping in weights for name in mapping if has_target(name)})
    flat = out.reshape(len(out), -1)
    for dense in (True, False):
        chosen = [name for name in names if _is_dense(name) is dense]
        if not chosen:
            continue
        matrix = np.array([[mapping.get(name, 0.0) for name in chosen] for mapping in weights], np.float32)
        if dense:
            flat += matrix @ np.stack([_row(name) for name in chosen])
        else:
            flat += (_columns(chosen) @ np.ascontiguousarray(matrix.T)).T
    return out


def _columns(names: Sequence[str]) -> csc_array:
    """The targets `names` as columns: (3B, len(names)) f32."""
    parts = [_flat(name) for name in names]
    ends = np.cumsum([0, *(len(index) for index, _ in parts)], dtype=np.int32)
    return csc_array(
        (np.concatenate([data for _, data in parts]), np.concatenate([index for index, _ in parts]), ends),
        shape=(base_positions().size, len(names)),
    )
