"""Rules for what an avatar costs."""

from collections.abc import Iterator

from ..avatar import Avatar
from .registry import Finding, Target, rule
from .walk import full


@rule("budget/triangles", severity="warning")
def triangles(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The full detail stays within the platform's triangles.

    Above it a crowd of such avatars drops frames, and platforms with ranks show a lower one."""
    count = sum(len(m.faces) for _, _, m in full(avatar))
    if count > platform.budget.triangles:
        yield Finding("triangles", f"{count} triangles, the budget is {platform.budget.triangles}")


@rule("budget/bones", severity="warning")
def bones(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The skeleton stays within the platform's bones.

    Each bone is a matrix per frame and per viewer."""
    count = len(avatar.skeleton.names) if avatar.skeleton is not None else 0
    if count > platform.budget.bones:
        yield Finding("bones", f"{count} bones, the budget is {platform.budget.bones}", "skeleton")


@rule("budget/materials", severity="warning")
def materials(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The avatar stays within the platform's materials.

    Every material is a state change and a set of textures in memory."""
    count = len({p.material for p in avatar.parts})
    if count > platform.budget.materials:
        yield Finding("materials", f"{count} materials, the budget is {platform.budget.materials}", "materials")


@rule("budget/draw-calls", severity="warning")
def draw_calls(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The avatar stays within the platform's draw calls.

    Each part is one call, twice with shadows; an atlas merges them."""
    count = len(avatar.parts)
    if count > platform.budget.draw_calls:
        yield Finding("draw-calls", f"{count} parts, the budget is {platform.budget.draw_calls}", "parts")


@rule("budget/file-size", severity="warning")
def file_size(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Textures leave room in the platform's download.

    They are most of an avatar's file; counted as stored, each image once."""
    images = {id(t.data): len(t.data) for m in avatar.materials for t in (m.base, m.normal, m.orm) if t is not None}
    if (total := sum(images.values())) > platform.budget.bytes:
        yield Finding("textures", f"{total / 1e6:.1f} MB of textures, the budget is {platform.budget.bytes / 1e6:.1f}")
