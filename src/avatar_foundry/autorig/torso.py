"""The neck: where a figure is narrowest between its shoulders and the widest of its head."""

import numpy as np

from .volume import F64

BANDS = 24
SHALLOW = 0.85  # a neck wider than this share of the head is none


def neck_height(samples: F64, shoulder: float, crown: float) -> tuple[float, bool]:
    """Height of the narrowest place above the shoulders, and whether there is one.

    samples (N, 3): on the surface, +Y up. Where hair or a helmet hides the neck, people's proportions answer.
    """
    edges = np.linspace(shoulder, crown, BANDS + 1)
    band = np.clip(np.searchsorted(edges, samples[:, 1], side="right") - 1, -1, BANDS)
    wide = np.full(BANDS, np.nan)
    for i in range(BANDS):
        x = np.abs(samples[band == i, 0])
        if len(x) >= 6:
            wide[i] = np.quantile(x, 0.9)
    usual = shoulder + 0.3 * (crown - shoulder)
    low = np.arange(BANDS) < 0.6 * BANDS
    if not np.isfinite(wide[low]).any():
        return usual, False
    at = int(np.nanargmin(np.where(low, wide, np.nan)))
    above = wide[at + 1 :]
    widest = float(np.nanmax(above)) if np.isfinite(above).any() else 0.0
    if not wide[at] < SHALLOW * widest:
        return usual, False
    height = 0.5 * float(edges[at] + edges[at + 1])
    if 0 < at < BANDS - 1 and np.isfinite(wide[at - 1 : at + 2]).all():  # the vertex of the parabola through three
        a, b, c = wide[at - 1 : at + 2]
        bend = a - 2.0 * b + c
        height += float(np.clip(0.5 * (a - c) / bend, -0.5, 0.5) if bend > 1e-9 else 0.0) * float(edges[1] - edges[0])
    return height, True
