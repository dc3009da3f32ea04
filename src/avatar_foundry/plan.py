"""A resolved recipe -> the stages that make it, in one readable tuple."""

from collections.abc import Iterator

from .fitting import Notes
from .paint import Look, SkinLook, colors
from .paint.encoded import SIZES
from .pipeline import Stage
from .platforms import PLATFORMS
from .recipe import Recipe
from .stages.add_clips import add_clips, chosen
from .stages.add_expressions import add_expressions
from .stages.bind_skin import bind_skin
from .stages.build_lods import build_lods
from .stages.dress import dress
from .stages.drop_face import drop_face
from .stages.drop_hidden import drop_hidden
from .stages.fit_skeleton import fit_skeleton
from .stages.fit_triangles import fit_triangles
from .stages.hide_covered import hide_covered
from .stages.make_body import make_body
from .stages.paint import paint
from .stages.reduce_levels import reduce_levels
from .stages.set_normals import set_normals
from .stages.set_pose import set_pose
from .stages.settle_layers import settle_layers
from .stages.shade_expressions import shade_expressions
from .stages.shade_materials import shade_materials
from .wardrobe import ITEMS, underwear_for

# What every body has, innermost first; hair and the outfit follow.
ANATOMY = ("eyes_detailed", "teeth", "tongue")


def plan(recipe: Recipe, notes: Notes | None = None) -> tuple[Stage, ...]:
    """The stages for a resolved recipe, platform finish included. What they do to meet its budget goes into `notes`."""
    expressive = recipe.morph_targets and not recipe.no_face
    platform = PLATFORMS[recipe.platform].within(recipe.budget.stated())
    size = recipe.texture_size or platform.texture_size
    return (
        make_body(recipe.values()),
        *(dress(item) for item in items(recipe)),
        settle_layers(),
        fit_skeleton(),
        bind_skin(),
        *((add_expressions(),) if expressive else ()),
        set_normals(),
        hide_covered(),
        *((drop_face(),) if recipe.no_face else ()),
        set_pose(recipe.pose),
        *(
            (add_clips(chosen(recipe.animations), recipe.root_motion),)
            if recipe.animations and platform.remake is None
            else ()
        ),
        *((shade_expressions(),) if expressive else ()),
        paint(
            look(recipe),
            painted_at(size, platform.budget.texture),
            platform.painted(recipe.texture_format, recipe.atlas),
        ),
        shade_materials(recipe.shading),
        fit_triangles(platform.intake, lods=recipe.lods, notes=notes),
        *((build_lods(), reduce_levels()) if recipe.lods and platform.remake is None else ()),
        drop_hidden(),
        *platform.finish_for(
            recipe.atlas,
            skeleton=recipe.skeleton,
            texture_size=size,
            texture_format=recipe.texture_format,
            notes=notes,
        ),
    )


def painted_at(size: int, limit: int) -> int:
    """The edge at which textures are painted, so that they need not be scaled down to `limit`."""
    while size > max(limit, SIZES[0]):
        size //= 2
    return size


def items(recipe: Recipe) -> Iterator[str]:
    """Everything that is hung on the body, by item id."""
    yield from ANATOMY
    body = recipe.values()
    yield underwear_for(body["body.age"], body["body.gender"])
    for item in (recipe.hair.brows, recipe.hair.lashes, recipe.hair.style):
        if item and item != "none":
            yield item
    yield from recipe.outfit or ()


# Pieces of whole outfits that a colour for "top" or "bottom" means.
PIECES = {
    "top": frozenset({"blouse", "jacket", "shirt", "tee", "top"}),
    "bottom": frozenset({"leggings", "overalls", "shorts", "skirt", "trousers"}),
}


def look(recipe: Recipe) -> Look:
    """What the painter needs to know."""
    body, skin, hair = recipe.values(), recipe.skin, recipe.hair
    own = {"eyes", "lips", "underwear"}
    things: dict[str, dict[str, str]] = {}
    for key, color in recipe.colors.items():
        if key not in own:
            thing, _, region = key.partition(".")
            things.setdefault(thing, {})[region or "main"] = color
    for place in ("top", "bottom"):
        if dye := things.get(place):
            for item in (ITEMS[name] for name in recipe.outfit or () if ITEMS[name].slot == "full"):
                for piece in sorted(PIECES[place] & item.pieces.keys()):
                    things.setdefault(item.id, {}).setdefault(piece, dye["main"])
    chosen = {key: recipe.colors[key] for key in own & recipe.colors.keys()}
    return Look(
        skin=SkinLook(
            tone=skin.tone or 0.0,
            undertone=skin.undertone or 0.0,
            redness=skin.redness or 0.0,
            blush=skin.redness or 0.0,
            freckles=skin.freckles or 0.0,
            stubble=hair.stubble or 0.0,
            age=body["body.age"],
            gender=body["body.gender"],
        ),
        hair=hair.color or "dark brown",
        brows=hair.brow_color,
        scalp=0.0 if hair.style == "none" else 0.85,
        colors=colors(things),
        **chosen,
    )
