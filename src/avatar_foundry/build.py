"""One recipe in, files and an account of them out."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import __version__
from .account import Result, account, file_name, produce, refuse_pose
from .avatar import Avatar
from .credits import credits_for
from .fitting import Notes
from .pack import open_pack
from .pipeline import OnStep, ignore_step
from .plan import items, plan
from .platforms import PLATFORMS
from .platforms.remarks import remarks
from .recipe import Recipe, parse
from .resolve import resolve

__all__ = ["Result", "build"]


def build(recipe: Recipe | Mapping[str, Any], *, on_step: OnStep = ignore_step, skip: tuple[str, ...] = ()) -> Result:
    """Make the avatar that `recipe` asks for.

    `on_step(fraction, stage)` hears each stage start, fraction rising from 0 to below 1, and stops the work by raising
    Cancelled. `skip` drops stages by name, except dressing and its age rules.
    Raises RecipeError, ExportRefused (the platform's rules fail), PackError, StageFailed, Cancelled.
    """
    asked = recipe if isinstance(recipe, Recipe) else parse(recipe)
    started = time.perf_counter()
    resolution = resolve(asked)
    recipe = resolution.recipe
    platform, notes = PLATFORMS[recipe.platform].within(recipe.budget.stated()), Notes()
    refuse_pose(recipe.pose, platform)

    def sign(avatar: Avatar) -> Avatar:
        return replace(
            avatar,
            name=file_name(recipe.name or "avatar"),
            licences=credits_for(items(recipe)),
            extras={**avatar.extras, "recipe": recipe.digest(), "engine": __version__, "pack": open_pack().digest},
        )

    stages = (s for s in plan(recipe, notes) if s.name not in skip or s.wire == "dressing")
    made = produce(stages, platform, recipe.compression, recipe.formats, sign, on_step, started, notes)
    answer = {
        **account(made, platform),
        "preset": asked.preset,
        "interpretation": {
            "words": [w._asdict() for w in resolution.words],
            "ignored": [w.text for w in resolution.words if not w.fields],
            "notes": [*resolution.notes, *remarks(platform, recipe.animations, recipe.root_motion)],
        },
        "recipe": recipe.compact(),
    }
    return Result(made.files, answer)
