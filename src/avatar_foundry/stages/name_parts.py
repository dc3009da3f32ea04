"""Names of parts that the engine's importer keeps as they are."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ..avatar import Avatar
from ..pipeline import stage


@stage("exporting", cost=1)
def name_parts(avatar: Avatar, pattern: str, orders: Sequence[str] = ()) -> Avatar:
    """Name the parts as the importer keeps them.

    What `pattern` does not take becomes an underscore; names that end in a word that the importer obeys (Godot's
    -col) are given another end. Names stay apart, upper and lower case alike.
    """
    ending = re.compile(rf"[-$_]({'|'.join(orders)})$", re.IGNORECASE) if orders else None
    used = {p.name.lower() for p in avatar.parts if _kept(p.name, pattern, ending)}
    names = []
    for part in avatar.parts:
        name = part.name
        if not _kept(name, pattern, ending):
            plain = "".join(c if re.fullmatch(pattern, c) else "_" for c in name).strip("_ ") or "part"
            plain = f"{plain}_part" if ending is not None and ending.search(plain) else plain
            name, number = plain, 1
            while name.lower() in used:
                number += 1
                name = f"{plain}_{number}"
            used.add(name.lower())
        names.append(name)
    if all(n == p.name for n, p in zip(names, avatar.parts, strict=True)):
        return avatar
    return replace(avatar, parts=tuple(replace(p, name=n) for p, n in zip(avatar.parts, names, strict=True)))


def _kept(name: str, pattern: str, ending: re.Pattern[str] | None) -> bool:
    return bool(re.fullmatch(pattern, name)) and not (ending is not None and ending.search(name))
