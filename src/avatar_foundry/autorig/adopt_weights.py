"""Skin weights under another set of joints: remapped, summed, and limbs shared with twist bones that a rig lacked."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, U16
from ..rig.refine import TWIST, smooth_step

F64 = NDArray[np.float64]


def rehang(joints: U16, weights: F32, remap: NDArray[np.integer]) -> tuple[U16, F32]:
    """Joints (V, 4) sent through `remap` (old joint -> new), weights of joints that became one added up.

    Rows stay as they are, bit for bit, where no two of their joints became one; else they descend again.
    """
    new = remap[joints].astype(np.uint16)
    new[weights <= 0] = 0
    clash = np.zeros(len(new), bool)
    for a in range(4):
        for b in range(a + 1, 4):
            clash |= (new[:, a] == new[:, b]) & (weights[:, a] > 0) & (weights[:, b] > 0)
    rows = np.flatnonzero(clash)
    if not len(rows):
        return new, weights
    j, w = new[rows].copy(), weights[rows].astype(np.float64)
    for a in range(4):
        for b in range(a + 1, 4):
            same = (j[:, a] == j[:, b]) & (w[:, b] > 0) & (w[:, a] > 0)
            w[same, a] += w[same, b]
            w[same, b] = 0.0
    order = np.argsort(-w, axis=1, kind="stable")
    w = np.take_along_axis(w, order, axis=1)
    j = np.take_along_axis(j, order, axis=1)
    j[w <= 0] = 0
    out = weights.copy()
    new[rows], out[rows] = j, w.astype(np.float32)
    return new, out


def share_twists(
    positions: F32, joints: U16, weights: F32, limbs: Mapping[int, tuple[int, F64, F64, str]]
) -> tuple[U16, F32]:
    """Give twist bones their share of their limbs.

    limbs: limb joint -> (twist joint, start (3,), end (3,) of the limb, our bone name without its side). What limb and
    twist have together stays what the limb had; a vertex without a free place for one more joint goes to the larger.
    """
    out_j, out_w = joints.copy(), weights.copy()
    for limb, (twist, start, end, bone) in limbs.items():
        rows, lane = np.nonzero((out_j == limb) & (out_w > 0))
        if not len(rows):
            continue
        axis = end - start
        t = (positions[rows].astype(np.float64) - start) @ axis / max(float(axis @ axis), 1e-12)
        low, high = TWIST[bone]
        share = smooth_step((t - low) / (high - low))
        if bone.startswith("Upper"):
            share = 1.0 - share
        free = (out_w[rows] <= 0).any(axis=1)
        share = np.where(free, share, np.round(share))
        whole = out_w[rows, lane].astype(np.float64)
        part = (whole * share).astype(np.float32)
        left = (whole - part).astype(np.float32)
        # a row meets a limb once, so each can be written on its own
        all_twist = left <= 0
        out_j[rows[all_twist], lane[all_twist]] = twist
        both = np.flatnonzero((part > 0) & (left > 0))
        spot = (out_w[rows[both]] <= 0).argmax(axis=1)
        out_w[rows[both], lane[both]] = left[both]
        out_j[rows[both], spot] = twist
        out_w[rows[both], spot] = part[both]
    order = np.argsort(-out_w, axis=1, kind="stable")
    out_j, out_w = np.take_along_axis(out_j, order, axis=1), np.take_along_axis(out_w, order, axis=1)
    out_j[out_w <= 0] = 0
    return out_j, out_w
