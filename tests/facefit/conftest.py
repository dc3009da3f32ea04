"""A generated avatar as if somebody had uploaded it: no shapes, no binding, nothing but meshes on a skeleton."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from avatar_foundry.avatar import F32, Avatar
from avatar_foundry.facefit import Report, express
from avatar_foundry.pack import Pack
from avatar_foundry.pipeline import run
from avatar_foundry.plan import plan
from avatar_foundry.recipe import parse
from avatar_foundry.resolve import resolve


class Case(NamedTuple):
    """truth: with its own shapes. bare: without. made: with those found for it."""

    truth: Avatar
    bare: Avatar
    made: Avatar
    report: Report


def generated(preset: str) -> Avatar:
    """Everything up to the expressions."""
    stages = []
    for stage in plan(resolve(parse({"preset": preset})).recipe):
        if stage.name.startswith("paint"):
            break
        if stage.name not in ("shade_expressions", "build_lods"):
            stages.append(stage)
    return run(stages)[0]


def stripped(avatar: Avatar) -> Avatar:
    """As an upload: no base mesh, no bindings, no shapes."""
    bare = avatar.map_meshes(lambda mesh: replace(mesh, morphs=()))
    return replace(bare.map_parts(lambda part: replace(part, binding=None, role="garment")), base=None)


@pytest.fixture(scope="session")
def elder(pack: Pack) -> Case:
    truth = generated("elder")
    bare = stripped(truth)
    return Case(truth, bare, *express(bare))


def field(avatar: Avatar, part: str, name: str) -> F32:
    """(V, 3) deltas of a shape, zeros where there is none."""
    mesh = avatar.part(part).mesh
    out = np.zeros_like(mesh.positions)
    for morph in mesh.morphs:
        if morph.name == name:
            out[morph.index] = morph.delta
    return out
