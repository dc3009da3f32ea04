"""No more materials and draw calls than a budget allows: two by an atlas, or one by merging everything."""

from ..avatar import Avatar
from ..fitting import Fitted, Notes
from ..pipeline import stage
from .atlas_textures import atlas_textures
from .merge_whole import merge_all


@stage("exporting", cost=2)
def fit_draws(
    avatar: Avatar, materials: int, draw_calls: int, size: int, mime: str = "", notes: Notes | None = None
) -> Avatar:
    """Keep within the budget of materials and draw calls.

    size: edge of the sheet, pixels.  mime: type of its images; "" leaves it to what they are now."""
    before = draws(avatar)
    if before[0] <= materials and before[1] <= draw_calls:
        return avatar
    merged = atlas_textures(size, mime).apply(avatar)
    how = f"textures in one sheet of {size} pixels: one draw call for what is opaque, one for what is not"
    now = draws(merged)
    if now[0] > materials or now[1] > draw_calls:
        merged = merge_all(avatar, size, mime)
        how = f"everything in one mesh with one sheet of {size} pixels; what was blended is masked"
    now = draws(merged)
    if notes is not None:
        for name, limit, was, is_now in zip(
            ("materials", "draw_calls"), (materials, draw_calls), before, now, strict=True
        ):
            if was > limit:
                notes.append(Fitted(name, limit, was, is_now, how))
    return merged


def draws(avatar: Avatar) -> tuple[int, int]:
    """(materials, draw calls) of the full detail."""
    return len({p.material for p in avatar.parts}), len(avatar.parts)
