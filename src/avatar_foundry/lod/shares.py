"""How many faces each part gets at each level, so that the whole avatar meets its ratio."""

from collections.abc import Sequence

import numpy as np

# Parts share the faces by favour * count ** EVEN: a part cut from few faces keeps more of them than a dense one, for
# its errors are larger already. Eyes stay round; what the lips hide goes first.
EVEN = 0.7
FAVOUR = {"body": 1.25, "eyes": 1.5, "garment": 2.0, "hair": 1.5, "underwear": 0.4, "lashes": 0.7, "teeth": 0.25}
FAVOUR |= {"tongue": 0.4}
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


STEPS = 12  # of one part by one rung, until the sum fits
FAIR = 0.42  # logarithm
CLOSE = 0.01  # of the goal: nearer is near enough


def choose_rungs(
    roles: Sequence[str], counts: Sequence[Sequence[int]], ratio: float, least: Sequence[int]
) -> list[int]:
    """Which of its levels each part shows, so that together they have about `ratio` of the faces.

    counts: per part the faces of all its levels, full detail first.  least: levels below which no part may go back.
    """
    full = [c[0] for c in counts]
    goal = ratio * sum(full)
    targets = face_targets(roles, full, ratio)
    logs = [np.log(np.maximum(c, 1)) for c in counts]
    fair = [np.log(max(t, 1)) for t in targets]
    picks = [max(low, int(np.abs(log - f).argmin())) for log, f, low in zip(logs, fair, least, strict=True)]
    total = sum(c[p] for c, p in zip(counts, picks, strict=True))
    for _ in range(STEPS):
        if abs(total - goal) <= CLOSE * goal:
            break
        best = (abs(total - goal), -1, 0)
        for i, (c, p) in enumerate(zip(counts, picks, strict=True)):
            for q in (p - 1, p + 1):
                # near its fair share, or one part would pay for all
                if least[i] <= q < len(c) and abs(logs[i][q] - fair[i]) < FAIR:
                    best = min(best, (abs(total - c[p] + c[q] - goal), i, q))
        if best[1] < 0:
            break
        total += counts[best[1]][best[2]] - counts[best[1]][picks[best[1]]]
        picks[best[1]] = best[2]
    return picks
