"""What every family of rules walks over."""

from collections.abc import Iterator

from ..avatar import Avatar, Mesh, Part


def meshes(avatar: Avatar) -> Iterator[tuple[str, Part, Mesh]]:
    """(pointer, part, mesh) of every level of every part."""
    for part in avatar.parts:
        for level, mesh in enumerate(part.lods):
            yield f"parts/{part.name}/lods/{level}", part, mesh


def full(avatar: Avatar) -> Iterator[tuple[str, Part, Mesh]]:
    """(pointer, part, mesh) of every part's full detail."""
    for part in avatar.parts:
        yield f"parts/{part.name}/lods/0", part, part.mesh
