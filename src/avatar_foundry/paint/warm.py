"""Make every map that depends on the pack alone, so that no first avatar has to wait for it."""

from ..avatar import Mesh, Part
from ..pack import Pack
from ..wardrobe.catalogue import ITEMS
from ..wardrobe.pattern import patterns
from .look import Look, SkinLook
from .materials import material_for


def warm(pack: Pack, size: int = 2048) -> None:
    """Fill the cache: skin layers, relief of every age and sex, strands, garments. Some seconds, once per engine."""
    for age in (8.0, 24.0, 46.0, 68.0):
        for gender in (0.0, 1.0):
            look = Look(SkinLook(age=age, gender=gender))
            material_for(Part("body", "body", (), "skin"), look, size=size)
    for item in ITEMS.values():
        for p in patterns(item.id) if item.asset else ():
            mesh = Mesh(p.offsets, p.faces, uvs=p.uvs, uv_faces=p.uv_faces)
            garment = item.role in ("garment", "shoes", "hat")
            part = Part(p.name, item.role, (mesh,), p.name if garment else item.role)
            material_for(part, Look(), size=size)
