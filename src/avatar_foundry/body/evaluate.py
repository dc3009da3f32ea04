"""Parameter values to the base mesh: blend the targets, then meet the asked height exactly."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..avatar import F32
from .growth import ADULT, growth_factor
from .macros import build_weights, height_weights, macro_weights
from .parameters import checked, detail_weights
from .targets import add_targets, add_targets_batch, base_positions

BODY_VERTICES = 13380  # the first base vertices: the skin; helpers follow
UPPER_TEETH = slice(15060, 15128)  # base vertices of the helper
MOUTH = np.r_[13380:13606, 14992:15128]  # tongue and teeth helpers
INCISOR = 15069  # lowest vertex between the upper incisors
LIPS = [520, 540]  # where the lips meet, midline
GROWN = 1.5  # metres: bodies above take details at full size
SHOWN, MOST = 0.025, 0.08  # of the dental arch's width: incisors below the lips' line; furthest that teeth are moved


def evaluate(values: Mapping[str, float]) -> F32:
    """Base mesh (B, 3) f32 for `values` ("body.age": 34.0, ...), metres, relaxed pose, not grounded.

    The stature (highest minus lowest skin vertex) equals "body.height" within a tenth of a millimetre, whatever else is
    asked. Raises RecipeError for unknown or out-of-bounds values.
    """
    values = checked(values)
    builds = build_weights(values)
    out = add_targets(base_positions().copy(), macro_weights(values, builds))
    add_targets(out, _sized(detail_weights(values), out))
    return _seat_teeth(_meet_height(out, values, builds))


def evaluate_batch(recipes: Sequence[Mapping[str, float]]) -> F32:
    """`evaluate` for many: (N, B, 3) f32. Bodies share the passes over the targets."""
    all_values = [checked(values) for values in recipes]
    all_builds = [build_weights(values) for values in all_values]
    out = np.repeat(base_positions()[None], len(recipes), axis=0)
    add_targets_batch(out, [macro_weights(v, b) for v, b in zip(all_values, all_builds, strict=True)])
    add_targets_batch(out, [_sized(detail_weights(v), body) for v, body in zip(all_values, out, strict=True)])
    for body, values, builds in zip(out, all_values, all_builds, strict=True):
        _seat_teeth(_meet_height(body, values, builds))
    return out


def natural_height(values: Mapping[str, float]) -> float:
    """Stature in metres that `evaluate` gives when "body.height" is unset, everything else as in `values`."""
    return stature(evaluate({name: value for name, value in values.items() if name != "body.height"}))


def stature(base: F32) -> float:
    """Crown to sole of the bare body, metres."""
    y = base[:BODY_VERTICES, 1]
    return float(y.max() - y.min())


def _sized(details: Mapping[str, float], body: F32) -> dict[str, float]:
    """Details for a body of this size: the data's are an adult's centimetres, too much for a child."""
    share = min(1.0, stature(body) / GROWN)
    return {name: weight * share for name, weight in details.items()}


def _seat_teeth(base: F32) -> F32:
    """Lower teeth and tongue of `base` in place so that parted lips show the upper incisors; returns it.

    The data's teeth end above the line where the lips meet; people's end a little below it.
    """
    width = np.ptp(base[UPPER_TEETH, 0])
    drop = base[INCISOR, 1] - base[LIPS, 1].mean() + SHOWN * width
    base[MOUTH, 1] -= np.clip(drop, 0.0, MOST * width)
    return base


def _meet_height(base: F32, values: Mapping[str, float], builds: Mapping[str, float]) -> F32:
    """Move `base` in place to the asked (or, for the young, natural) stature; returns it.

    First by the height targets, which keep proportions plausible, as far as they reach; the rest by uniform scale.
    """
    asked = values.get("body.height")
    if asked is None:
        if values["body.age"] >= ADULT:
            return base
        asked = stature(base) * growth_factor(values["body.age"], values["body.gender"])
    direction = "maxheight" if asked > stature(base) else "minheight"
    delta = add_targets(np.zeros_like(base), height_weights(dict(builds), direction))
    amount = _height_amount(base[:BODY_VERTICES, 1], delta[:BODY_VERTICES, 1], asked)
    base += np.float32(amount) * delta
    base *= np.float32(asked / stature(base))
    return base


def _height_amount(y: F32, dy: F32, asked: float) -> float:
    """The t in 0..1 at which max(y + t dy) - min(y + t dy) comes nearest to `asked`.

    That stature is convex and piecewise linear in t, so Newton steps with the slope of the present extremes end
    on the right piece after two or three rounds.
    """
    t = 0.0
    for _ in range(8):
        moved = y + np.float32(t) * dy
        top, sole = int(moved.argmax()), int(moved.argmin())
        slope = float(dy[top] - dy[sole])
        error = asked - float(moved[top] - moved[sole])
        if abs(error) < 1e-5 or abs(slope) < 1e-6:
            break
        t = min(max(t + error / slope, 0.0), 1.0)
    return t
