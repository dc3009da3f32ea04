"""The parameters of the parametric body, read from parameters.toml: names, units, bounds, and what they move."""

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from ..errors import Issue, RecipeError

SIDES = (("left", "l"), ("right", "r"))
RENAMED = {"min": "minimum", "max": "maximum", "help": "doc"}  # short in the file, no shadowed builtins in code
TOGETHER = {"body": 1.5, "face": 2.0}  # how far the details of one group may go together
GROWN = 18.0  # years: below it, shapes of grown bodies are off


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that people may set.

    name:      "body.waist_girth". group: "torso", for pages and menus. unit: "", "m" or "years".
    default:   None when unset means natural (height).
    adult:     without effect below 18 years.
    lateral:   breaks left/right symmetry on purpose. side: "left" or "right" for a one-sided parameter, else "".
    varies:    whether chance may set it when a face is made up: symmetric details of ordinary people.
    low, high: targets that negative and positive values add, times the absolute value; empty for macro parameters.
    """

    name: str
    title: str
    doc: str
    group: str
    minimum: float
    maximum: float
    default: float | None = None
    unit: str = ""
    low_word: str = ""
    high_word: str = ""
    adult: bool = False
    lateral: bool = False
    varies: bool = True
    side: str = ""
    low: Mapping[str, float] = field(default_factory=dict)
    high: Mapping[str, float] = field(default_factory=dict)

    @property
    def macro(self) -> bool:
        """Whether it drives combination targets rather than its own."""
        return not self.high


def _load() -> Iterator[Parameter]:
    source = tomllib.loads(files(__package__).joinpath("parameters.toml").read_text("utf-8"))
    for space, entries in source.items():
        for short, entry in entries.items():
            yield from _expand(f"{space}.{short}", entry)


def _expand(name: str, entry: Mapping[str, Any]) -> Iterator[Parameter]:
    low, high = entry.get("low", {}), entry.get("high", {})
    rest = {RENAMED.get(key, key): value for key, value in entry.items() if key not in ("low", "high")}
    rest.setdefault("varies", bool(high) and not entry.get("lateral", False))
    if not any("{side}" in target for target in high):
        yield Parameter(name=name, low=low, high=high, **rest)
        return
    sided: list[Parameter] = []
    for side, letter in SIDES:
        own = {
            "title": f"{entry['title']} ({side} only)",
            "doc": f"Added to {name} on the {side} side only.",
            "low": {target.replace("{side}", letter): w for target, w in low.items()},
            "high": {target.replace("{side}", letter): w for target, w in high.items()},
            "minimum": -entry["max"],
            "side": side,
            "lateral": True,
            "varies": False,
        }
        sided.append(Parameter(**{**rest, "name": f"{name}_{side}", **own}))
    both_low = {t: w for p in sided for t, w in p.low.items()}
    both_high = {t: w for p in sided for t, w in p.high.items()}
    yield Parameter(name=name, low=both_low, high=both_high, **rest)
    yield from sided


PARAMETERS: Mapping[str, Parameter] = MappingProxyType({p.name: p for p in _load()})


def checked(values: Mapping[str, float]) -> dict[str, float]:
    """`values` with defaults filled in for macro parameters, in the order of PARAMETERS.

    Raises RecipeError naming every unknown, non-finite or out-of-bounds value.
    """
    issues = []
    for name, value in values.items():
        pointer = "/" + name.replace(".", "/")
        parameter = PARAMETERS.get(name)
        if parameter is None:
            issues.append(Issue(pointer, f"there is no parameter {name}"))
        elif not math.isfinite(value) or not parameter.minimum <= value <= parameter.maximum:
            issues.append(
                Issue(pointer, f"{name} must lie in {parameter.minimum:g}..{parameter.maximum:g}, not {value:g}")
            )
    if issues:
        raise RecipeError(
            "; ".join(issue.message for issue in issues), pointer=issues[0].pointer, issues=issues, stage="make_body"
        )
    out: dict[str, float] = {}
    for name, parameter in PARAMETERS.items():
        if name in values:
            out[name] = float(values[name])
        elif parameter.macro and parameter.default is not None:
            out[name] = parameter.default
    return out


def detail_weights(values: Mapping[str, float]) -> dict[str, float]:
    """Weights of detail targets for `values` (as `checked` returns them).

    A one-sided value is added to the symmetric one and the sum kept within the symmetric parameter's bounds. Details of
    one group pile up on the same flesh, so a group whose values together are longer than TOGETHER (root of the sum of
    squares) is shortened to that: any values within bounds give a body that holds together.
    """
    grown = values["body.age"] >= GROWN
    wanted: dict[str, float] = {}
    for name, value in values.items():
        parameter = PARAMETERS[name]
        if parameter.macro or (parameter.adult and not grown):
            continue
        for one in _sided(name):
            both = PARAMETERS[one.removesuffix("_left").removesuffix("_right")]
            wanted[one] = min(max(wanted.get(one, 0.0) + value, both.minimum), both.maximum)
    length: dict[str, float] = {}
    for name, value in wanted.items():
        parameter = PARAMETERS[name]
        share = 0.5 if parameter.side else 1.0
        length[parameter.group] = length.get(parameter.group, 0.0) + share * value * value
    weights: dict[str, float] = {}
    for name, value in wanted.items():
        parameter = PARAMETERS[name]
        limit = TOGETHER["face" if name.startswith("face.") else "body"]
        value *= min(1.0, limit / max(math.sqrt(length[parameter.group]), 1e-9))
        for target, weight in (parameter.high if value > 0 else parameter.low).items():
            weights[target] = weights.get(target, 0.0) + abs(value) * weight
    return {target: weight for target, weight in weights.items() if abs(weight) > 1e-7}


def _sided(name: str) -> tuple[str, ...]:
    """The parameters that carry a value of `name`: both sides of a symmetric pair, else itself."""
    return (f"{name}_left", f"{name}_right") if f"{name}_left" in PARAMETERS else (name,)
