"""The prompt reader: longest known phrase first, nouns take the adjectives before them, numbers keep their units."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..body import PARAMETERS, natural_height
from ..wardrobe import ITEMS
from .lexicon import LONGEST, Trait, correct, load_lexicon
from .numbers import find_measures
from .outfit import assemble

_TOKEN = re.compile(r"#[0-9a-f]{6}\b|[^\W_]+", re.UNICODE)
REACH = 5  # words before (or after) a noun in which its adjectives may stand


class Word(NamedTuple):
    """What one word or phrase did.

    text: as written. effect: a sentence for people. fields: {recipe field: value}, empty when it did nothing.
    """

    text: str
    effect: str
    fields: Mapping[str, Any]


class Reading(NamedTuple):
    """recipe: a partial recipe, plain data. words: in the order of the text, fillers left out."""

    recipe: dict[str, Any]
    words: tuple[Word, ...]


class _Token(NamedTuple):
    start: int
    stop: int
    text: str  # lower case, spelling corrected


def read(text: str, context: Mapping[str, Any]) -> Reading:
    """Read `text` against the partial recipe `context` (the preset), which relative words start from."""
    return _Reader(text, context).read()


class _Reader:
    def __init__(self, text: str, context: Mapping[str, Any]) -> None:
        self.text, self.context, self.lexicon = text, context, load_lexicon()
        lowered = text.lower()
        if len(lowered) != len(text):  # a few letters change length; positions must stay those of the text
            lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        self.measures = find_measures(lowered)
        spans = [(m.start, m.stop) for m in self.measures]
        self.tokens = [
            _Token(m.start(), m.end(), correct(m.group()))
            for m in _TOKEN.finditer(lowered)
            if all(m.end() <= a or m.start() >= b for a, b in spans)
        ]
        self.used = [False] * len(self.tokens)
        self.words: list[tuple[int, Word]] = []
        self.fields: dict[str, Any] = {}
        self.relative: dict[str, float] = {}
        self.added: list[str] = []
        self.removed: set[str] = set()

    def read(self) -> Reading:
        for m in self.measures:
            self._measure(m.start, m.stop, m.field, m.value)
        self._first_pass("traits", only={"body.gender"})  # garments depend on the sex
        self._nouns()
        self._first_pass("rest", skip=self.lexicon.kinds)
        self._first_pass("rest")
        self._leftovers()
        self._heights()
        recipe: dict[str, Any] = {}
        for field, value in self.fields.items():
            section, _, name = field.partition(".")
            recipe.setdefault(section, {})[name] = value
        if (outfit := self._outfit()) is not None:
            recipe["outfit"] = outfit
        return Reading(recipe, tuple(w for _, w in sorted(self.words, key=lambda x: x[0])))

    # -- looking words up ------------------------------------------------------------------------------------------

    def _phrase(self, i: int, table: Any) -> int:
        """How many tokens from `i` form the longest phrase of `table` (0: none), none of them used."""
        for n in range(min(LONGEST, len(self.tokens) - i), 0, -1):
            if not any(self.used[i : i + n]) and " ".join(t.text for t in self.tokens[i : i + n]) in table:
                return n
        return 0

    def _key(self, i: int, n: int) -> str:
        return " ".join(t.text for t in self.tokens[i : i + n])

    def _span(self, i: int, n: int) -> str:
        return self.text[self.tokens[i].start : self.tokens[i + n - 1].stop]

    def _before(self, i: int) -> tuple[float, bool, int]:
        """Degree and negation right before token `i`, and where the whole expression begins."""
        degree, negated, begin = 1.0, False, i
        for n in (2, 1):
            if begin - n >= 0 and (key := self._key(begin - n, n)) in self.lexicon.degrees:
                if not any(self.used[begin - n : begin]):
                    degree, begin = self.lexicon.degrees[key], begin - n
                break
        while (
            begin > 0
            and self.tokens[begin - 1].text in ("a", "an", "the", "any", "too", "so")
            and negatable(self, begin - 1)
        ):
            begin -= 1
        if begin > 0 and self.tokens[begin - 1].text in self.lexicon.negations and not self.used[begin - 1]:
            negated, begin = True, begin - 1
        elif degree == 1.0:
            begin = i
        return degree, negated, begin

    def _note(self, begin: int, n: int, effect: str, fields: Mapping[str, Any]) -> None:
        for k in range(begin, begin + n):
            self.used[k] = True
        self.words.append((self.tokens[begin].start, Word(self._span(begin, n), effect, dict(fields))))

    # -- measures --------------------------------------------------------------------------------------------------

    def _measure(self, start: int, stop: int, field: str, value: float) -> None:
        p = PARAMETERS[field]
        kept = min(max(value, p.minimum), p.maximum)
        limit = "" if kept == value else f" (limited to {kept:g})"
        self.fields[field] = kept
        self.words.append(
            (start, Word(self.text[start:stop], f"sets {field} to {value:g} {p.unit}{limit}", {field: kept}))
        )

    # -- traits ----------------------------------------------------------------------------------------------------

    def _first_pass(self, kind: str, only: set[str] | None = None, skip: frozenset[str] = frozenset()) -> None:
        for i in range(len(self.tokens)):
            if kind == "rest" and (n := self._phrase(i, self.lexicon.hair_alone)):
                self._style(i, n, self.lexicon.hair_alone[self._key(i, n)])
            elif kind == "rest" and (n := self._phrase(i, self.lexicon.hair_self_colored)):
                self._set(i, n, {"hair.color": self.lexicon.hair_colors[self._key(i, n)]})
            elif (n := self._phrase(i, self.lexicon.traits)) and self._key(i, n) not in skip:
                traits = self.lexicon.traits[self._key(i, n)]
                if only is None:
                    self._traits(i, n, traits)
                else:  # the token stays free for its other meanings
                    for t in traits:
                        if t.field in only and not self._before(i)[1]:
                            self.fields.setdefault(t.field, t.value)

    def _traits(self, i: int, n: int, traits: tuple[Trait, ...]) -> None:
        degree, negated, begin = self._before(i)
        done: dict[str, Any] = {}
        adult_word = any(t.field == "body.gender" for t in traits)
        for t in traits:
            if self._key(i, n) in self.lexicon.kinds and (t.field in self.fields or t.field in self.relative):
                continue
            if t.field == "body.age" and adult_word and "body.age" in self.fields:
                continue  # "25 year old girl"
            step = (t.value - t.neutral) * degree
            value = t.neutral - 0.35 * step if negated else t.neutral + step
            if t.field == "body.gender" or (negated and t.neutral == 0.0):
                value = (1.0 - t.value) if negated and t.field == "body.gender" else (0.0 if negated else t.value)
            if t.relative:
                self.relative[t.field] = value
                done[t.field] = f"x{value:.3g}"
                continue
            p = PARAMETERS.get(t.field)
            low, high = (p.minimum, p.maximum) if p else (0.0, 1.0)
            if t.field == "body.age" and t.field in self.fields and any(m.field == "body.age" for m in self.measures):
                continue
            self.fields[t.field] = done[t.field] = round(min(max(value, low), high), 3)
        effect = "sets " + ", ".join(f"{k} to {v}" for k, v in done.items()) if done else "says what was known already"
        self._note(begin, i + n - begin, ("not: " if negated else "") + effect, done)

    def _heights(self) -> None:
        """Relative heights become metres once sex and age are known."""
        if (factor := self.relative.get("body.height")) is None or any(m.field == "body.height" for m in self.measures):
            return
        body = {**self.context.get("body", {}), **{k[5:]: v for k, v in self.fields.items() if k.startswith("body.")}}
        keyed = {f"body.{k}": float(v) for k, v in body.items() if k in ("age", "gender")}
        keyed.setdefault("body.gender", 0.5)
        p = PARAMETERS["body.height"]
        metres = round(min(max(natural_height(keyed) * factor, p.minimum), p.maximum), 3)
        self.fields["body.height"] = metres
        for k, (start, word) in enumerate(self.words):
            if "body.height" in word.fields:
                fields = {**word.fields, "body.height": metres}
                effect = "sets " + ", ".join(f"{a} to {b}" for a, b in fields.items())
                self.words[k] = (start, word._replace(effect=effect, fields=fields))

    # -- things with adjectives ------------------------------------------------------------------------------------

    def _nouns(self) -> None:
        x = self.lexicon
        for i in range(len(self.tokens)):
            if n := self._phrase(i, x.garments):
                self._garment(i, n)
            elif n := self._phrase(i, x.hair_nouns):
                self._hair(i, n)
            elif n := self._phrase(i, x.eye_nouns):
                self._colored(i, n, "colors.eyes", x.eye_colors)
            elif n := self._phrase(i, x.lip_nouns):
                self._colored(i, n, "colors.lips", x.colors)
            elif n := self._phrase(i, x.brow_nouns):
                self._colored(i, n, "hair.brow_color", x.hair_colors)

    def _adjectives(self, i: int, *tables: Mapping[str, Any]) -> list[tuple[int, int]]:
        """(start, count) of known adjectives in an unbroken run before token `i`, nearest first."""
        found: list[tuple[int, int]] = []
        k = i
        while k > 0 and i - k < REACH:
            step = next(
                (
                    n
                    for n in (2, 1)
                    if k - n >= 0 and not any(self.used[k - n : k]) and any(self._key(k - n, n) in t for t in tables)
                ),
                0,
            )
            if not step:
                if self.tokens[k - 1].text in ("and", "very") and found:
                    k -= 1
                    continue
                break
            k -= step
            found.append((k, step))
        return found

    def _color_after(self, i: int, table: Mapping[str, Any]) -> tuple[int, int] | None:
        """'eyes are blue', 'hair of gold': a colour after the noun, past fillers only."""
        k = i
        while (
            k < len(self.tokens) and k - i < 3 and self.tokens[k].text in ("is", "are", "of", "in", "color", "colour")
        ):
            k += 1
        if k == i or k >= len(self.tokens):
            return None
        n = self._phrase(k, {**self.lexicon.colors, **table})
        return (k, n) if n else None

    def _color_of(self, key: str, table: Mapping[str, str]) -> str | None:
        if key.startswith("#"):
            return key
        return table.get(key) or self.lexicon.colors.get(key)

    def _colored(self, i: int, n: int, field: str, table: Mapping[str, str]) -> None:
        spots = self._adjectives(i, table, self.lexicon.colors, _Hex())
        if not spots and (after := self._color_after(i + n, table)):
            spots = [after]
        for k, m in spots:
            if color := self._color_of(self._key(k, m), table):
                begin, stop = min(k, i), max(k + m, i + n)
                self.fields[field] = color
                self._note(begin, stop - begin, f"sets {field} to {color}", {field: color})
                return

    def _hair(self, i: int, n: int) -> None:
        x = self.lexicon
        _, negated, begin = self._before(i)
        if negated:
            self.fields["hair.style"] = "none"
            self._note(begin, i + n - begin, "no hair", {"hair.style": "none"})
            return
        spots = self._adjectives(i, x.hair_colors, x.hair_styles, x.colors, _Hex())
        done: dict[str, Any] = {}
        for k, m in spots:
            key = self._key(k, m)
            if key in x.hair_styles and "hair.style" not in done:
                done["hair.style"] = self._pick_style(x.hair_styles[key])
            elif (color := self._color_of(key, x.hair_colors)) and "hair.color" not in done:
                done["hair.color"] = color
        stop = i + n
        if (after := self._color_after(i + n, x.hair_colors)) and "hair.color" not in done:
            done["hair.color"], stop = self._color_of(self._key(*after), x.hair_colors), sum(after)
        if done:
            begin = min([k for k, _ in spots], default=i)
            self.fields.update(done)
            self._note(begin, stop - begin, "sets " + ", ".join(f"{a} to {b}" for a, b in done.items()), done)

    def _pick_style(self, styles: tuple[str, ...]) -> str:
        known = [ITEMS[s].id if s in ITEMS else s for s in styles if s in ITEMS or s == "none"]
        fitting = [s for s in known if s == "none" or ITEMS[s].sex in ("any", self._sex())]
        return (fitting or known or ["none"])[0]

    def _style(self, i: int, n: int, styles: tuple[str, ...]) -> None:
        _, negated, begin = self._before(i)
        if negated:
            self._note(begin, i + n - begin, "not this hair: nothing was set", {})
            return
        spots = self._adjectives(i, self.lexicon.hair_colors, self.lexicon.colors, self.lexicon.hair_styles)
        done: dict[str, Any] = {"hair.style": self._pick_style(styles)}
        for k, m in spots:
            if color := self._color_of(self._key(k, m), self.lexicon.hair_colors):
                done["hair.color"] = color
        begin = min([k for k, _ in spots], default=i)
        self.fields.update(done)
        self._note(begin, i + n - begin, "sets " + ", ".join(f"{a} to {b}" for a, b in done.items()), done)

    def _set(self, i: int, n: int, fields: Mapping[str, Any]) -> None:
        self.fields.update(fields)
        self._note(i, n, "sets " + ", ".join(f"{a} to {b}" for a, b in fields.items()), fields)

    # -- garments --------------------------------------------------------------------------------------------------

    def _sex(self) -> str:
        gender = self.fields.get("body.gender", self.context.get("body", {}).get("gender", 0.5))
        return "male" if gender >= 0.5 else "female"

    def _garment(self, i: int, n: int) -> None:
        key = self._key(i, n)
        candidates = [ITEMS[g].id for g in self.lexicon.garments[key] if g in ITEMS]
        if not candidates:
            return
        fitting = [g for g in candidates if ITEMS[g].sex in ("any", self._sex())]
        item = (fitting or candidates)[0]
        _, negated, begin = self._before(i)
        if negated:
            self.removed.update(candidates)
            self._note(begin, i + n - begin, f"leaves out {', '.join(candidates)}", {"outfit": f"-{item}"})
            return
        worn = [ITEMS[g].id for g in self.context.get("outfit", ()) if g in ITEMS]
        if item not in worn or not set(candidates) & set(worn):
            self.added.append(item)
        done: dict[str, Any] = {"outfit": f"+{item}"}
        spots = self._adjectives(i, self.lexicon.colors, _Hex())
        for k, m in spots[:1]:
            if color := self._color_of(self._key(k, m), {}):
                target = self.lexicon.regions.get(key, item)
                field = f"colors.{target if target in ('top', 'bottom') else item}"
                self.fields[field] = done[field] = color
        begin = min([k for k, _ in spots[:1]], default=i)
        also = self.lexicon.traits.get(key, ())
        for t in also:
            if t.field not in self.fields:
                self.fields[t.field] = done[t.field] = t.value
        self._note(
            begin,
            i + n - begin,
            "wears " + item + "".join(f", {a} {b}" for a, b in done.items() if a != "outfit"),
            done,
        )

    def _outfit(self) -> list[str] | None:
        """The preset's outfit, with what the text adds put in place of what it displaces."""
        if not self.added and not self.removed:
            return None if "outfit" in self.context else self._kind_outfit()
        return assemble(self.context.get("outfit", ()), self.added, self.removed, self._sex())

    def _kind_outfit(self) -> list[str] | None:
        """What the people that the text names wears, told in that word's account."""
        for k, (start, word) in enumerate(self.words):
            if word.fields and (items := self.lexicon.kind_outfits.get(word.text.lower())):
                worn = [i for i in items if i in ITEMS]
                self.words[k] = (start, word._replace(effect=f"{word.effect}, wears {', '.join(worn)}"))
                return worn or None
        return None

    # -- the rest --------------------------------------------------------------------------------------------------

    def _leftovers(self) -> None:
        for i, token in enumerate(self.tokens):
            if not self.used[i] and token.text not in self.lexicon.filler and token.text not in self.lexicon.negations:
                self.words.append((token.start, Word(self._span(i, 1), "not understood: ignored", {})))


def negatable(reader: _Reader, i: int) -> bool:
    """Whether a negation stands before the article at token `i`."""
    return i > 0 and reader.tokens[i - 1].text in reader.lexicon.negations


class _Hex(dict[str, str]):
    """A table that holds every #rrggbb."""

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and re.fullmatch(r"#[0-9a-f]{6}", key) is not None
