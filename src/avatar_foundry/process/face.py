"""Expressions for the upload, and the account of them."""

from dataclasses import replace

from ..avatar import Avatar
from ..facefit import express
from ..pipeline import stage
from .ledger import Ledger


@stage("face", cost=300)
def give_face(avatar: Avatar, ledger: Ledger) -> Avatar:
    """Find the face and give it expressions."""
    if avatar.skeleton is None or "head" not in avatar.skeleton.names:
        return avatar
    base = ledger.fit.base if ledger.fit is not None else None
    spoken, report = express(avatar, base)
    ledger.face = report.facts()
    return spoken


@stage("face", cost=1)
def drop_shapes(avatar: Avatar) -> Avatar:
    """Leave the shapes out."""
    return avatar.map_meshes(lambda mesh: replace(mesh, morphs=()) if mesh.morphs else mesh)
