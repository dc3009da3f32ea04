"""Bones by their names: tables of the families of rigs we know, and a reading of names that no table has."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

_LIMBS = ("eye", "shoulder", "upperArm", "lowerArm", "hand", "upperLeg", "lowerLeg", "foot", "toes", "toesEnd")
_SIDED = (*_LIMBS, "upperArmTwist", "lowerArmTwist", "upperLegTwist", "lowerLegTwist")
_CENTRE = ("hips", "spine", "chest", "upperChest", "neck", "head", "jaw")
FINGERS = ("thumb", "index", "middle", "ring", "little")
THUMB = ("Metacarpal", "Proximal", "Distal")
FINGER = ("Proximal", "Intermediate", "Distal")


def canonical(side: str, bone: str) -> str:
    """leftUpperArm of ("left", "upperArm")."""
    return side + bone[0].upper() + bone[1:]


def finger_bones(side: str, finger: str) -> list[str]:
    """The three canonical bones of a finger, from the palm outwards."""
    return [canonical(side, finger) + s for s in (THUMB if finger == "thumb" else FINGER)]


def plain(name: str) -> str:
    """A name without case and separators, with what exporters put in place of separators undone."""
    for code, letter in (("FBXASC046", "."), ("FBXASC032", " "), ("FBXASC058", ":"), ("FBXASC045", "-")):
        name = name.replace(code, letter)
    return re.sub(r"[\s._:|\-]+", "", name).lower()


@lru_cache(maxsize=1)
def _raw() -> Mapping[str, Any]:
    raw = tomllib.loads(files(__package__).joinpath("names.toml").read_text("utf-8"))
    for entry in raw.values():
        if "like" in entry:
            for key, value in raw[entry["like"]].items():
                if key not in ("free", "never", "marks"):
                    entry.setdefault(key, value)
    return MappingProxyType(raw)


@lru_cache(maxsize=1)
def families() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Family -> canonical bone -> spellings, plain."""
    out: dict[str, Mapping[str, tuple[str, ...]]] = {}
    for family, entry in _raw().items():
        if family == "words":
            continue
        table: dict[str, tuple[str, ...]] = {}
        for bone in _CENTRE:
            if bone in entry:
                table[bone] = _spellings(entry[bone], "", "")
        for side, written in zip(("left", "right"), entry["sides"], strict=True):
            for bone in _SIDED:
                if bone in entry:
                    table[canonical(side, bone)] = _spellings(entry[bone], written, "")
            for finger in FINGERS:
                if finger not in entry:
                    continue
                shared = entry.get("fingerNames") if finger != "thumb" else None
                numbers = entry.get(f"{finger}Names", shared)
                numbers = numbers or [str(1 + i).zfill(entry.get("digits", 1)) for i in range(3)]
                for name, number in zip(finger_bones(side, finger), numbers, strict=False):
                    table[name] = _spellings(entry[finger], written, number)
        out[family] = MappingProxyType(table)
    return MappingProxyType(out)


def _spellings(value: str | list[str], side: str, number: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    return tuple(plain(v.replace("{S}", side).replace("{n}", number)) for v in values)


def title(family: str) -> str:
    """The family's name for people."""
    return str(_raw()[family]["title"]) if family in _raw() else family


def by_table(names: Sequence[str], family: str) -> tuple[dict[str, int], int]:
    """(canonical bone -> joint, how many names bear a mark of the family) by one family's table; none if ruled out."""
    entry = _raw()[family]
    bare = re.compile(entry["strip"], re.IGNORECASE)
    found: dict[str, int] = {}
    for i, name in enumerate(names):
        found.setdefault(plain(bare.sub("", _tail(name))), i)
    table = families()[family]
    out = {
        bone: next(found[s] for s in spelt if s in found) for bone, spelt in table.items() if found.keys() & {*spelt}
    }
    seen: set[int] = set()
    for bone, joint in list(out.items()):  # one joint, one bone
        if joint in seen:
            del out[bone]
        seen.add(joint)
    marks = [re.compile(m, re.IGNORECASE) for m in entry["marks"]]
    count = sum(any(m.search(_tail(n)) for m in marks) for n in names)
    never = [re.compile(m, re.IGNORECASE) for m in entry.get("never", ())]
    if (not count and not entry.get("free", False)) or any(m.search(_tail(n)) for m in never for n in names):
        return {}, 0
    return out, count


def _tail(name: str) -> str:
    """A name without its namespace: what stands before the last colon or bar, unless that is all there is."""
    for code, letter in (("FBXASC046", "."), ("FBXASC032", " "), ("FBXASC058", ":"), ("FBXASC045", "-")):
        name = name.replace(code, letter)
    if re.match(r"(?i)^mixamorig\d*:", name):
        return name
    return re.sub(r"^.*[:|](?=.)", "", name)


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, lower case, numbers apart; prefixes and suffixes that rigs put on every bone are gone."""
    n = _tail(name)
    prefix = (
        r"mixamorig\d*|cc_base|valvebiped|bip0*\d*|def|org|armature|skeleton|rig|char\d*|character\d*|b|bn|sk|jnt|bone"
    )
    n = re.sub(rf"(?i)^({prefix})[_ .\-]+", "", n)
    n = re.sub(r"(?i)^mixamorig\d*", "", n)
    n = re.sub(r"(?i)^J_(Bip|Adj|Sec)_", lambda m: "" if m.group(1).lower() == "bip" else "sec_", n)
    n = re.sub(r"(?i)[_ .\-](armature|bind_jnt|jnt|joint|bind|bone|lod0|skel|def)$", "", n)
    n = re.sub(r"(?i)bone$", "", n) or n
    n = re.sub(r"([a-z])([A-Z])", r"\1 \2", n)
    n = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", n)
    n = re.sub(r"([A-Za-z])(\d)", r"\1 \2", n)
    n = re.sub(r"(\d)([A-Za-z])", r"\1 \2", n)
    return tuple(t for t in re.split(r"[^a-z0-9]+", n.lower()) if t)


@lru_cache(maxsize=1)
def _lexicon() -> tuple[Mapping[str, str], frozenset[str], frozenset[str], frozenset[str]]:
    raw = _raw()["words"]
    kinds = {w.replace(" ", ""): k for k, ws in raw.items() if k not in ("left", "right", "skip") for w in ws}
    return MappingProxyType(kinds), frozenset(raw["left"]), frozenset(raw["right"]), frozenset(raw["skip"])


@lru_cache(maxsize=4096)
def side_of(name: str) -> str:
    """Which side a name says, or ""."""
    _, left, right, _ = _lexicon()
    for word in words_of(name):
        if word in left:
            return "left"
        if word in right:
            return "right"
    for word in words_of(name):
        for side in ("left", "right"):
            if len(word) > len(side) and (word.startswith(side) or word.endswith(side)):
                return side
    return ""


@lru_cache(maxsize=4096)
def kind_of(name: str) -> tuple[str, str, int] | None:
    """(kind, side, order) of a name by its words, or None when it says nothing or says that it is something else.

    kind: a bone without its side, "arm", "leg", or a finger. order: the last number in the name, 0 without one.
    """
    kinds, left, right, skip = _lexicon()
    side = side_of(name)
    rest = []
    for word in words_of(name):
        if word in left or word in right or word in ("c", "m", "bind", "jnt", "joint", "bone"):
            continue
        for s in ("left", "right"):
            if len(word) > len(s) and word.startswith(s):
                word = word[len(s) :]
            elif len(word) > len(s) and word.endswith(s):
                word = word[: -len(s)]
        rest.append(word)
    words = [w for w in rest if not w.isdigit()]
    numbers = [int(w[-6:]) for w in rest if w.isdigit()]
    order = numbers[-1] if numbers else 0
    if not words or any(w in skip for w in words if not (w == "metacarpal" and "thumb" in words)):
        return None
    segments = {"metacarpal": 0, "proximal": 1, "intermediate": 2, "distal": 3}
    for word in words:
        if word in segments:
            order = segments[word]
    whole = "".join(w for w in words if w not in segments)
    kind = kinds.get(whole)
    if (
        kind is None
        and len(whole) > 1
        and not side
        and whole[0] in "lr"
        and kinds.get(whole[1:]) not in (None, "spine")
    ):
        kind, side = kinds[whole[1:]], "left" if whole[0] == "l" else "right"  # lThigh, in one case
    if kind in ("thumb", "hand") and words[-1:] == ["mid"]:
        kind = "middle"
    if kind is None:
        return None
    if kind in ("hips", "spine", "neck", "head", "jaw"):
        if side and kind == "hips":
            return ("hipside", side, order)
        return None if side else (kind, "", order)
    return (kind, side, order) if side else None
