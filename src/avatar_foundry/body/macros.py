"""Macro parameters to weights of combination targets, by MakeHuman's rule (facts only, no code ported).

Every combination target is named by its components ("macrodetails/universal-male-young-maxmuscle-averageweight") and
weighs the product of their weights. Source: macrodetails of the hm08 data and its macro.json.
"""

from collections.abc import Mapping
from itertools import product

from .parameters import GROWN

Weights = dict[str, float]

YOUNG_YEARS, OLD_YEARS = 25.0, 90.0  # slider .5 and 1; 1 year is 0
CHILD = 0.1875  # slider at which the child shape is pure: ten years


def age_slider(years: float) -> float:
    """MakeHuman's age slider: 1 year is 0, 25 years .5, 90 years 1, linear between."""
    if years <= YOUNG_YEARS:
        return 0.5 * (years - 1.0) / (YOUNG_YEARS - 1.0)
    return 0.5 + 0.5 * (years - YOUNG_YEARS) / (OLD_YEARS - YOUNG_YEARS)


def age_weights(years: float) -> Weights:
    """Weights of baby, child, young and old: two neighbours at most, summing to 1."""
    a = age_slider(years)
    if a < CHILD:
        return {"baby": 1.0 - a / CHILD, "child": a / CHILD}
    if a < 0.5:
        young = (a - CHILD) / (0.5 - CHILD)
        return {"child": 1.0 - young, "young": young}
    return {"young": 2.0 - 2.0 * a, "old": 2.0 * a - 1.0}


def three_way(x: float, noun: str) -> Weights:
    """min, average and max of `noun` for a slider 0..1; they sum to 1."""
    low, high = max(0.0, 1.0 - 2.0 * x), max(0.0, 2.0 * x - 1.0)
    return {f"min{noun}": low, f"average{noun}": 1.0 - low - high, f"max{noun}": high}


def origin_weights(values: Mapping[str, float]) -> Weights:
    """african, asian and caucasian, divided by their sum; an equal mix when all are zero."""
    names = ("african", "asian", "caucasian")
    total = sum(values[f"body.{name}"] for name in names)
    return {name: values[f"body.{name}"] / total if total > 1e-6 else 1.0 / 3.0 for name in names}


def softened(x: float, years: float) -> float:
    """A weight or muscle slider, drawn towards average below 18 years: growing bodies have no extremes."""
    return 0.5 + (x - 0.5) * min(1.0, 0.45 + 0.55 * (years - 1.0) / (GROWN - 1.0))


def combine(*factors: Weights) -> Weights:
    """Products of all combinations, keyed "a-b-c", zero products left out."""
    out: Weights = {}
    for combination in product(*(factor.items() for factor in factors)):
        weight = 1.0
        for _, w in combination:
            weight *= w
        if weight > 1e-6:
            out["-".join(name for name, _ in combination)] = weight
    return out


def build_weights(values: Mapping[str, float]) -> Weights:
    """gender-age-muscle-weight combinations ("male-young-maxmuscle-averageweight"), which all families share."""
    years, gender = values["body.age"], values["body.gender"]
    return combine(
        {"female": 1.0 - gender, "male": gender},
        age_weights(years),
        three_way(softened(values["body.muscle"], years), "muscle"),
        three_way(softened(values["body.weight"], years), "weight"),
    )


def macro_weights(values: Mapping[str, float], builds: Weights) -> Weights:
    """Weights of all macro targets but height's. Names without a target in the data mean no change.

    `builds`: what `build_weights(values)` returned.
    """
    years, gender = values["body.age"], values["body.gender"]
    sexes: Weights = {"female": 1.0 - gender, "male": gender}
    origins = combine(origin_weights(values), sexes, age_weights(years))
    out = {f"macrodetails/{name}": w for name, w in origins.items()}
    out |= {f"macrodetails/universal-{name}": w for name, w in builds.items()}
    p = values["body.proportions"]
    proportions = {"uncommonproportions": max(0.0, 1.0 - 2.0 * p), "idealproportions": max(0.0, 2.0 * p - 1.0)}
    out |= {f"macrodetails/proportions/{name}": w for name, w in combine(builds, proportions).items()}
    if years >= GROWN and gender < 1.0:
        female = {name: w for name, w in builds.items() if name.startswith("female")}
        cups, firmnesses = three_way(values["body.bust"], "cup"), three_way(values["body.firmness"], "firmness")
        out |= {f"breast/{name}": w for name, w in combine(female, cups, firmnesses).items()}
    return out


def height_weights(builds: Weights, direction: str) -> Weights:
    """Weights of the height targets at full deflection; `direction` is "minheight" or "maxheight"."""
    return {f"macrodetails/height/{name}-{direction}": w for name, w in builds.items()}
