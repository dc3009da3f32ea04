"""Measures in a prompt: heights and ages, in the units that people write."""

import re
from typing import NamedTuple

_FEET = re.compile(r"(?<![\w.])(\d)\s*(?:'|ft\b|feet\b|foot\b)\s*(?:(\d{1,2})(?:\s*(?:\"|''|in\b|inch(?:es)?\b))?)?")
_CM = re.compile(r"(?<![\w.])(\d{2,3}(?:\.\d+)?)\s*(?:cm|centimet(?:er|re)s?)\b")
_M = re.compile(r"(?<![\w.])(\d(?:[.,]\d{1,3})?)\s*(?:m|met(?:er|re)s?)\b(?:\s*(\d{2})\b)?")
_AGE = re.compile(
    r"(?<![\w.])(\d{1,3})(?:\s*|-)(?:years?|yrs?|yo|y)\b(?:(?:\s|-)*(?:old|of age)\b)?|\baged?\s+(?:of\s+)?(\d{1,3})\b"
)
_DECADE = re.compile(r"\b(?:in\s+(?:his|her|their)\s+)?(early|mid|late)?[\s-]*(\d0)s\b|(?<!\w)(\d0)s\b")


class Measure(NamedTuple):
    """A measured field: where it stood in the text, the recipe field and the value in its unit."""

    start: int
    stop: int
    field: str
    value: float


def find_measures(text: str) -> tuple[Measure, ...]:
    """Heights (metres) and ages (years) in lower-case `text`, in order; they never overlap."""
    found: list[Measure] = []

    def add(match: re.Match[str], field: str, value: float) -> None:
        if all(match.end() <= m.start or match.start() >= m.stop for m in found):
            found.append(Measure(match.start(), match.end(), field, value))

    for m in _FEET.finditer(text):
        add(m, "body.height", round((int(m[1]) * 12 + int(m[2] or 0)) * 0.0254, 3))
    for m in _CM.finditer(text):
        add(m, "body.height", round(float(m[1]) / 100, 3))
    for m in _M.finditer(text):
        add(m, "body.height", round(float(m[1].replace(",", ".")) + int(m[2] or 0) / 100, 3))
    for m in _AGE.finditer(text):
        add(m, "body.age", float(m[1] or m[2]))
    for m in _DECADE.finditer(text):
        add(m, "body.age", float(m[2] or m[3]) + {"early": 2, "mid": 5, "late": 8}.get(m[1] or "", 5))
    return tuple(sorted(found))
