"""What is wrong with a request, in words: pydantic's problems as one error with pointers and cures; nearest names."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz, process

from .budgets import BudgetSpec
from .errors import Issue, RecipeError, Suggestion
from .motion import CLIPS
from .platforms import PLATFORMS
from .wardrobe import ITEMS


class Unknown(ValueError):
    """A name that is not in its list, and what to write instead."""

    def __init__(self, message: str, suggestion: Suggestion) -> None:
        super().__init__(message)
        self.suggestion = suggestion


def known(value: str, names: tuple[str, ...], what: str) -> str:
    """`value` if it is one of `names`. Raises Unknown with the nearest of them, or with all (up to 32)."""
    if value in names:
        return value
    raise Unknown(f"unknown {what} '{value[:32]}'", instead_of(value, names))


def instead_of(word: str, names: tuple[str, ...]) -> Suggestion:
    """The nearest of `names`, or all of them (up to 32)."""
    if close := nearest(word, names):
        return Suggestion(f"Use '{close[0]}'", f"The nearest that exists is '{close[0]}'.", close[1])
    return Suggestion("Choose one that exists", ", ".join(names[:32]) + (", ..." if len(names) > 32 else ""), 0.5)


def explain(problems: Sequence[Any], fields: tuple[str, ...] | None = None) -> RecipeError:
    """pydantic's problems -> one RecipeError: the first in words, all (up to 50) as issues, cures as suggestions.

    fields: those that the request may have, where it is no recipe."""
    issues = [Issue(_pointer(p["loc"]), _message(p)) for p in problems[:50]]
    suggestions = [s for p in problems[:10] if (s := suggest(p, fields)) is not None]
    first = issues[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return RecipeError(
        f"{first.pointer or '/'}: {first.message}{more}",
        pointer=first.pointer,
        issues=list(dict.fromkeys(issues)),
        suggestions=list(dict.fromkeys(suggestions)),
    )


def _pointer(loc: tuple[int | str, ...]) -> str:
    # A union's branch names (constrained-str, tuple[...]) are pydantic's, not the sender's.
    own = [p for p in loc if isinstance(p, int) or not re.search(r"[\[\-(]|^(all|float|str|literal)$", p)]
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1")[:80] for p in own)


def _message(problem: Any) -> str:
    kind = problem["type"]
    if kind == "extra_forbidden":
        return "unknown field"
    if kind in _WORDS:
        return f"must be {_WORDS[kind]}"
    return str(problem["msg"]).removeprefix("Value error, ")


# What pydantic names by its own types, in words of JSON
_WORDS = {
    **dict.fromkeys(("tuple_type", "list_type"), "a list"),
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type", "mapping_type"), "a JSON object"),
}
_SUCH_AS = {
    "/formats": '["fbx"]',
    "/outfit": '["tee", "jeans"]',
    "/animations": '["idle", "walk"]',
    "/budget": '{"triangles": 5000}',
    "/body": '{"height": 1.8}',
    "/colors": '{"eyes": "green"}',
    "": '{"preset": "warrior"}',
}


_NAMED = {"/platform": "platform", "/outfit": "item", "/animations": "clip"}


@lru_cache(1)
def _names() -> dict[str, tuple[str, ...]]:
    """Valid names by the place where they may stand."""
    from .recipe import BodySpec, FaceSpec, HairSpec, Recipe, SkinSpec  # which is explained here, and imports this

    return {
        "": tuple(Recipe.model_fields),
        "/body": tuple(BodySpec.model_fields),
        "/face": tuple(FaceSpec.model_fields),
        "/skin": tuple(SkinSpec.model_fields),
        "/hair": tuple(HairSpec.model_fields),
        "/budget": tuple(BudgetSpec.model_fields),
        "platform": tuple(PLATFORMS),
        "item": tuple(ITEMS),
        "clip": tuple(CLIPS),
    }


def nearest(word: str, names: tuple[str, ...]) -> tuple[str, float] | None:
    """The most similar of `names` and how similar it is (0..1), or None when nothing is close."""
    # parts of words count only in words long enough to mean something: "nix" is no "mixamo"
    scorer = fuzz.WRatio if len(word) > 3 else fuzz.ratio
    found = process.extractOne(word[:64].lower(), names, scorer=scorer, score_cutoff=55)
    return (found[0], round(found[1] / 100, 2)) if found else None


def suggest(problem: Any, fields: tuple[str, ...] | None = None) -> Suggestion | None:
    """What would cure one validation problem; made from the problem itself. fields: as for `explain`."""
    pointer, kind, context = _pointer(problem["loc"]), problem["type"], problem.get("ctx") or {}
    text = str(problem.get("input"))
    if isinstance(cause := context.get("error"), Unknown):
        return cause.suggestion
    if kind == "extra_forbidden":
        place, _, word = pointer.rpartition("/")
        there = fields if fields is not None and not place else _names().get(place, ())
        if close := nearest(word, there):
            return Suggestion(f"Use '{close[0]}'", f"'{word[:64]}' is not a field here; '{close[0]}' is.", close[1])
        choice = f" There are: {', '.join(there)}." if there and (place or fields is not None) else ""
        return Suggestion("Remove the field", f"'{word[:64]}' is not a field here.{choice}", 0.8)
    if (kinds := [k for place, k in _NAMED.items() if pointer.startswith(place)]) and "unknown" in str(problem["msg"]):
        table = _names()[kinds[0]]
        return instead_of(re.sub(r".*unknown \w+ '(.*)'", r"\1", str(problem["msg"])), table)
    for key, word in (("le", "most"), ("ge", "least"), ("lt", "most"), ("gt", "least")):
        if key in context:
            return Suggestion(
                f"Use {context[key]:g}", f"{pointer} may be {context[key]:g} at {word}; {text[:32]} was given.", 0.9
            )
    if kind == "finite_number":
        return Suggestion("Send a finite number", f"{pointer} takes an ordinary number, not {text[:32]}.", 0.9)
    if kind in ("string_too_long", "too_long"):
        return Suggestion("Shorten it", f"At most {context.get('max_length')} are taken.", 0.9)
    if kind == "literal_error":
        return Suggestion("Choose one of the values", f"Valid: {context.get('expected')}.", 0.8)
    if kind in _WORDS:
        such = f", such as {_SUCH_AS[pointer]}" if pointer in _SUCH_AS else ""
        place = pointer or "The request"
        return Suggestion(f"Send {_WORDS[kind]}", f"{place} takes {_WORDS[kind]}{such}; not {text[:32]!r}.", 0.9)
    if "control characters" in str(problem["msg"]):
        return Suggestion("Remove the control characters", "Send printable text only.", 0.95)
    if "leave the field out" in str(problem["msg"]):
        return Suggestion("Leave the field out", "An absent field takes its default.", 0.9)
    if kind.endswith(("_type", "_parsing")):
        wanted = kind.removesuffix("_type").removesuffix("_parsing")
        return Suggestion(f"Send a {wanted}", f"{pointer or 'The recipe'} takes a {wanted}, not {text[:32]!r}.", 0.9)
    return None
