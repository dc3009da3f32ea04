"""Rules for what an avatar costs.

Platforms' numbers are targets: the stages meet them where they can, and what is left over is told. A number that a
request states has to be met: its rule is then an error.
"""

from collections.abc import Iterator

from ..avatar import Avatar
from ..stages.fit_images import bytes_of, memory_of
from .registry import Cure, Finding, Target, rule
from .walk import full


def over(code: str, count: int, limit: int, what: str, where: str = "") -> Iterator[Finding]:
    """The finding for a number above its limit."""
    if count > limit:
        yield Finding(code, f"{count:,} {what}, the budget is {limit:,}", where, {"count": count, "limit": limit})


@rule(
    "budget/triangles",
    severity="warning",
    cure=Cure("Ask for Fewer Triangles", "State `budget.triangles`: the mesh is brought down to it", 0.9),
)
def triangles(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The full detail stays within the budget of triangles.

    Above it a crowd of such avatars drops frames, and platforms with ranks show a lower one."""
    yield from over("triangles", sum(len(m.faces) for _, _, m in full(avatar)), platform.budget.triangles, "triangles")


@rule(
    "budget/bones",
    severity="warning",
    cure=Cure(
        "Ask for Fewer Bones",
        "State `budget.bones` or `skeleton`: fingers, toes and twists are folded into their parents",
        0.8,
    ),
)
def bones(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The skeleton stays within the budget of bones.

    Each bone is a matrix per frame and per viewer."""
    count = len(avatar.skeleton.names) if avatar.skeleton is not None else 0
    yield from over("bones", count, platform.budget.bones, "bones", "skeleton")


@rule(
    "budget/materials",
    severity="warning",
    cure=Cure("Merge the Materials", "Set `atlas`: body and outfit share one or two materials", 0.9),
)
def materials(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The avatar stays within the budget of materials.

    Every material is a state change and a set of textures in memory."""
    count = len({p.material for p in avatar.parts})
    yield from over("materials", count, platform.budget.materials, "materials", "materials")


@rule(
    "budget/draw-calls",
    severity="warning",
    cure=Cure("Merge the Parts", "Set `atlas`: body and outfit are drawn in two calls", 0.9),
)
def draw_calls(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The avatar stays within the budget of draw calls.

    Each part is one call, twice with shadows; an atlas merges them."""
    yield from over("draw-calls", len(avatar.parts), platform.budget.draw_calls, "parts", "parts")


@rule(
    "budget/morphs",
    severity="warning",
    cure=Cure("Ask for Fewer Shapes", "State `budget.morphs`: the rarest are left out", 0.8),
)
def morphs(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The avatar has no more shapes than the budget.

    Each shape is a copy of what it moves, in the download and in memory."""
    if platform.budget.morphs is not None:
        count = len({m.name for p in avatar.parts for m in p.mesh.morphs})
        yield from over("morphs", count, platform.budget.morphs, "shapes")


@rule(
    "budget/texture-memory",
    severity="warning",
    cure=Cure("Choose a Smaller texture_size", "Half the edge takes a quarter of the memory", 0.9),
)
def texture_memory(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Textures stay within the budget of memory on the graphics card.

    Phones drop whole tabs and apps that take too much; counted with mip levels, as the engine holds them."""
    if platform.budget.texture_memory is not None:
        count = memory_of(avatar, platform.texel)
        yield from over("texture-memory", count, platform.budget.texture_memory, "bytes of texture memory", "materials")


@rule(
    "budget/file-size",
    severity="warning",
    cure=Cure(
        "Choose a Smaller texture_size",
        "Half the edge takes a quarter of the bytes; `compression` helps with the mesh",
        0.8,
    ),
)
def file_size(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The main file stays within the budget of bytes.

    It is what is waited for. Judged by its textures before it is written, and as a whole afterwards."""
    yield from over("textures", bytes_of(avatar), platform.budget.bytes, "bytes of textures")
