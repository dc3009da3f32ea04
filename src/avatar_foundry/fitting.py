"""What was done to meet a budget, step by step: kept in a list that stages append to, told in answers as `fitted`."""

from typing import NamedTuple


class Fitted(NamedTuple):
    """One step.

    budget: the number that it was for: triangles, bones, influences, materials, draw_calls, morphs, texture,
            texture_memory, bytes.
    limit, before, after: of that number.  how: what was done, in words.
    """

    budget: str
    limit: int
    before: int
    after: int
    how: str


Notes = list[Fitted]


def counted(number: int, one: str, many: str = "") -> str:
    """ "1 bone", "8 bones"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
