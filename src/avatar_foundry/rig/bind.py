"""Carry the base mesh's skin weights to anything that hangs on it, and reduce them to four joints."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ..avatar import F32, U16, Binding
from ..geometry import by_content
from .fold import bake_weights, base_weights

INFLUENCES = 4  # glTF guarantees one set of four
_KEEP = 1e-4  # a weight below this moves nothing that can be seen and costs a joint


def four_joints(weights: NDArray[np.float64]) -> tuple[U16, F32]:
    """The four heaviest joints of every row.

    weights: (V, J), any finite values. Negative ones are dropped, ties go to the lower joint, rows come out descending
    and sum to 1 in float32 within 2e-7 per non-zero weight; a zero weight has joint 0. Rows without a positive weight
    hang on joint 0.
    """
    columns = np.argsort(-weights, axis=1, kind="stable")[:, :INFLUENCES]
    return _finish(columns.astype(np.uint16), np.take_along_axis(weights, columns, axis=1))


def _finish(joints: NDArray[np.uint16], weights: NDArray[np.float64]) -> tuple[U16, F32]:
    """Normalise (V, 4) descending candidates."""
    kept = np.where(weights > 0, weights, 0.0)
    total = kept.sum(axis=1, keepdims=True)
    kept[total[:, 0] <= 0] = (1.0, 0.0, 0.0, 0.0)
    kept /= np.where(total > 0, total, 1.0)
    kept[kept < _KEEP] = 0.0
    kept /= kept.sum(axis=1, keepdims=True)
    out = kept.astype(np.float32)
    out[:, 0] = 1.0 - out[:, 1:].astype(np.float64).sum(axis=1)  # the largest takes what rounding left
    joints = np.where((out > 0) & (total > 0), joints, 0).astype(np.uint16)
    ties = np.flatnonzero(out[:, 0] < out[:, 1])  # ... which may put it one unit below its equals
    order = np.argsort(-out[ties], axis=1, kind="stable")
    out[ties] = np.take_along_axis(out[ties], order, axis=1)
    joints[ties] = np.take_along_axis(joints[ties], order, axis=1)
    return joints, out


@lru_cache(maxsize=2)
def _sparse(soft: bool) -> "csr_matrix[np.float64]":
    return csr_matrix((bake_weights() if soft else base_weights()).astype(np.float64))


@by_content(entries=128)
def _bind(refs: NDArray[np.int32], weights: F32, soft: bool) -> tuple[U16, F32]:
    rows, width = refs.shape
    base = _sparse(soft)
    hang = csr_matrix(
        (weights.astype(np.float64).ravel(), refs.ravel(), np.arange(0, rows * width + 1, width)),
        shape=(rows, base.shape[0]),
    )
    product = (hang @ base).tocsr()
    product.sort_indices()
    # pad the sparse rows into lanes, joints ascending, so that a stable sort settles ties the same way every time
    count = np.diff(product.indptr)
    lanes = max(int(count.max(initial=0)), INFLUENCES)
    place = np.arange(lanes) < count[:, None]
    joints = np.zeros((rows, lanes), np.uint16)
    values = np.zeros((rows, lanes))
    joints[place] = product.indices
    values[place] = product.data
    order = np.argsort(-values, axis=1, kind="stable")[:, :INFLUENCES]
    return _finish(np.take_along_axis(joints, order, axis=1), np.take_along_axis(values, order, axis=1))


def bind_weights(binding: Binding) -> tuple[U16, F32]:
    """Joints (V, 4) u16 and weights (V, 4) f32 of a mesh that hangs on the base mesh.

    sum_k weight_k * W[ref_k], negatives dropped, four heaviest kept. Rows descend and sum to 1 within 2e-7 per non-zero
    weight, no joint twice, zero weights have joint 0. Depends on the binding alone, not on the body's shape, so the
    answer is remembered by the binding's content; the arrays are shared and read-only.
    """
    return _bind(binding.refs, binding.weights, False)


def bind_bake_weights(binding: Binding) -> tuple[U16, F32]:
    """As `bind_weights`, from `bake_weights`: what carries a mesh into its rest pose."""
    return _bind(binding.refs, binding.weights, True)
