"""How many faces each part gets at each level, so that the whole avatar meets its ratio."""

from collections.abc import Sequence

import numpy as np

# Parts share the faces by favour * count ** EVEN: a part cut from few faces keeps more of them than a dense one, for
# its errors are larger already. Eyes stay round; what the lips hide goes first.
EVEN = 0.7
FAVOUR = {"eyes": 1.5, "garment": 2.0, "hair": 1.1, "underwear": 0.8, "lashes": 0.7, "teeth": 0.25, "tongue": 0.4}
FLOOR = {"eyes": 256, "hair": 200, "body": 400, "teeth": 64, "tongue": 32, "brows": 32, "lashes": 32}
LEAST = 48  # any other part


def face_targets(
    roles: Sequence[str], counts: Sequence[int], ratio: float, reached: Sequence[int] | None = None
) -> tuple[int, ...]:
    """Face targets per part whose sum is `ratio` times the sum of `counts`, as far as floors and ceilings let it.

    reached: what an attempt with these targets gave; parts that stayed above theirs keep that, and the others make up.
    """
    full = np.array(counts, np.float64)
    wish = np.array([FAVOUR.get(r, 1.0) for r in roles]) * full**EVEN
    low = np.minimum(full, [FLOOR.get(r, LEAST) for r in roles])
    if reached is not None:
        low = np.maximum(low, np.array(reached, np.float64))
    goal = ratio * full.sum()
    bottom, top = 0.0, float((full / np.maximum(wish, 1e-9)).max(initial=1.0))
    for _ in range(50):
        middle = (bottom + top) / 2
        short = np.clip(middle * wish, low, full).sum() < goal
        bottom, top = (middle, top) if short else (bottom, middle)
    return tuple(int(n) for n in np.floor(np.clip(bottom * wish, low, full)))
