"""The words that the prompt reader knows, from lexicon.toml, and the search for the nearest known word."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from rapidfuzz import fuzz, process

LONGEST = 3  # words in the longest phrase of the lexicon
TYPO = 87  # rapidfuzz ratio from which a word counts as misspelt rather than unknown


class Trait(NamedTuple):
    """One effect of a word: the recipe field, its neutral value and the value asked for.

    Values that scale the natural one (a height) are marked by `relative`.
    """

    field: str
    neutral: float
    value: float
    relative: bool


class Lexicon(NamedTuple):
    """Lookup tables by word or phrase, all lower case."""

    traits: Mapping[str, tuple[Trait, ...]]
    hair_nouns: frozenset[str]
    hair_styles: Mapping[str, tuple[str, ...]]
    hair_alone: Mapping[str, tuple[str, ...]]
    hair_colors: Mapping[str, str]
    hair_self_colored: frozenset[str]
    eye_nouns: frozenset[str]
    eye_colors: Mapping[str, str]
    lip_nouns: frozenset[str]
    brow_nouns: frozenset[str]
    garments: Mapping[str, tuple[str, ...]]
    regions: Mapping[str, str]
    colors: Mapping[str, str]
    kinds: frozenset[str]
    kind_outfits: Mapping[str, tuple[str, ...]]
    degrees: Mapping[str, float]
    negations: frozenset[str]
    filler: frozenset[str]
    known: tuple[str, ...]


def _number(value: Any) -> tuple[float, bool]:
    return (float(value[1:]), True) if isinstance(value, str) else (float(value), False)


@cache
def load_lexicon() -> Lexicon:
    """The lexicon, read once."""
    data = tomllib.loads((files(__package__) / "lexicon.toml").read_text(encoding="utf-8"))
    traits: dict[str, list[Trait]] = {}
    for entry in data["traits"].values():
        neutral, _ = _number(entry["neutral"])
        for word, raw in entry["words"].items():
            value, relative = _number(raw)
            traits.setdefault(word, []).append(Trait(entry["field"], neutral, value, relative))
    hair, eyes = data["hair"], data["eyes"]
    tables: list[Any] = [traits, hair["nouns"], hair["styles"], hair["alone"], hair["colors"], eyes["nouns"]]
    tables += [eyes["colors"], data["lips"]["nouns"], data["brows"]["nouns"], data["garments"], data["colors"]]
    known = sorted({w for table in tables for w in table if " " not in w})
    return Lexicon(
        traits={w: tuple(t) for w, t in traits.items()},
        hair_nouns=frozenset(hair["nouns"]),
        hair_styles={w: tuple(v) for w, v in hair["styles"].items()},
        hair_alone={w: tuple(v) for w, v in hair["alone"].items()},
        hair_colors=hair["colors"],
        hair_self_colored=frozenset(hair["self_colored"]),
        eye_nouns=frozenset(eyes["nouns"]),
        eye_colors=eyes["colors"],
        lip_nouns=frozenset(data["lips"]["nouns"]),
        brow_nouns=frozenset(data["brows"]["nouns"]),
        garments={w: tuple(v) for w, v in data["garments"].items()},
        regions=data["regions"],
        colors=data["colors"],
        kinds=frozenset(data["kinds"]["words"]),
        kind_outfits={w: tuple(v) for w, v in data["kinds"]["outfits"].items()},
        degrees=data["degrees"],
        negations=frozenset(data["negations"]["words"]),
        filler=frozenset(data["filler"]["words"]),
        known=tuple(known),
    )


def correct(word: str) -> str:
    """`word`, or the known word that it misspells."""
    lexicon = load_lexicon()
    if len(word) < 5 or word in lexicon.filler or word in lexicon.known:
        return word
    found = process.extractOne(word, lexicon.known, scorer=fuzz.ratio, score_cutoff=TYPO)
    return found[0] if found else word
