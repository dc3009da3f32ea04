"""Avatars as statues: what remains where skeletons and shapes are not wanted."""

from dataclasses import replace

from ..avatar import Avatar, Mesh


def unrigged(avatar: Avatar) -> Avatar:
    """The avatar as it stands at rest, full detail, without skeleton, skin, shapes, clips and springs."""
    parts = tuple(replace(p, lods=(still(p.mesh),), lod_errors=()) for p in avatar.parts)
    return replace(avatar, parts=parts, skeleton=None, clips=(), springs=(), colliders=())


def still(mesh: Mesh) -> Mesh:
    """The mesh without skin and shapes."""
    return replace(mesh, joints=None, weights=None, morphs=())


def compressible(avatar: Avatar) -> bool:
    """Whether Draco has anything to do: a part with neither skin nor shapes."""
    return any(m.joints is None and not m.morphs for p in avatar.parts for m in p.lods if len(m.faces))
