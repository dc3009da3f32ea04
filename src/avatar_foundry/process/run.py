"""One upload in, files and an account of them out."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .. import __version__
from ..account import Result, account, file_name, produce, refuse_pose, tally
from ..avatar import Avatar
from ..formats.readers import Upload, read_upload
from ..pipeline import OnStep, ignore_step, run
from ..platforms import PLATFORMS, Platform
from ..platforms.remarks import remarks
from . import options as schema
from .facts import source_facts
from .ledger import Ledger
from .options import Options
from .plan import checking, plan

Read = Callable[[str, bytes], Upload]


def process(
    name: str,
    data: bytes,
    options: Options | Mapping[str, Any] | None = None,
    *,
    on_step: OnStep = ignore_step,
    read: Read = read_upload,
) -> Result:
    """Make a working avatar of a file: read, check, mend, rig, skin, face, levels, files.

    name: the file's name; its ending helps to tell the format.  read: what reads it: `read_upload`, or one that does so
    in a process of its own.  `on_step` as in `build`.
    Raises SourceError, MeshInvalid, NotHumanoid, RigUncertain, ExportRefused, RecipeError, Cancelled, StageFailed.
    """
    wanted = options if isinstance(options, Options) else schema.parse(options or {})
    platform = PLATFORMS[wanted.platform].within(wanted.budget.stated())
    refuse_pose(wanted.pose, platform)
    started, ledger = time.perf_counter(), Ledger()

    def sign(avatar: Avatar) -> Avatar:
        stem = name.rpartition(".")[0] or name
        return replace(avatar, name=file_name(wanted.name or stem), extras={**avatar.extras, "engine": __version__})

    stages = plan(ledger, name, data, wanted, read)
    made = produce(stages, platform, wanted.compression, wanted.formats, sign, on_step, started, ledger.fitted)
    rig = ledger.rig
    answer = {
        **account(made, platform),
        "preset": None,
        "source": source_facts(ledger),
        "rig": {**rig.facts(), "bones": bones_of(made.avatar, platform)} if rig is not None else None,
        "face": ledger.face,
        "findings": {"before": tally(ledger.before), "after": tally(ledger.after)},
        "fixes_applied": [a._asdict() for a in ledger.applied],
        "notes": [
            *ledger.notes,
            *remarks(platform, wanted.animations, wanted.root_motion, clips=bool(made.avatar.clips)),
        ],
        "options": wanted.model_dump(mode="json", exclude_unset=True),
        "recipe": None,
    }
    return Result(made.files, answer)


def validate(
    name: str, data: bytes, platform: str = "web", *, on_step: OnStep = ignore_step, read: Read = read_upload
) -> dict[str, Any]:
    """What is wrong with a file, nothing changed: {platform, source, counts by severity, findings}.

    Raises SourceError, RecipeError (unknown platform), Cancelled.
    """
    wanted, ledger = schema.parse({"platform": platform}), Ledger()
    run(checking(ledger, name, data, wanted, read), on_step=on_step)
    return {"platform": wanted.platform, "source": source_facts(ledger), **tally(ledger.before)}


def bones_of(avatar: Avatar, platform: Platform) -> dict[str, str]:
    """Canonical bone -> its name in the files."""
    there = set(avatar.skeleton.names) if avatar.skeleton is not None else set()
    names = platform.skeleton.names if platform.skeleton is not None else {n: n for n in there}
    return {ours: theirs for ours, theirs in names.items() if theirs in there}
