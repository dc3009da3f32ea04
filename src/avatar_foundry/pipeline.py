"""Run stages over an avatar. A stage is a named `Avatar -> Avatar` with a cost; nothing else."""

import time
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Concatenate, NamedTuple, ParamSpec

from .avatar import Avatar
from .errors import FoundryError, StageFailed

P = ParamSpec("P")


class Stage(NamedTuple):
    """A verb bound to its options.

    name:  the function's name: logs, `skip`, CLI.
    title: first line of its docstring: what people see while it runs.
    wire:  the stage's name on the wire (shared by all stages of one phase).
    cost:  share of progress, relative (about milliseconds on one core).
    """

    name: str
    title: str
    wire: str
    cost: float
    apply: Callable[[Avatar], Avatar]


class Step(NamedTuple):
    """What one stage did: its name, its wire name, its time in seconds and whether it changed the avatar."""

    name: str
    wire: str
    seconds: float
    changed: bool


def stage(wire: str, cost: float = 1.0) -> Callable[[Callable[Concatenate[Avatar, P], Avatar]], Callable[P, Stage]]:
    """Turn `def simplify(avatar, *, ratio) -> Avatar` into `simplify(ratio=0.5) -> Stage`.

    A stage returns its argument itself when it had nothing to do; `run` sees that by identity.
    """

    def wrap(fn: Callable[Concatenate[Avatar, P], Avatar]) -> Callable[P, Stage]:
        assert fn.__doc__, f"stage {fn.__name__} needs a docstring: its first line is its title"
        title = fn.__doc__.splitlines()[0].rstrip(".")

        @wraps(fn)
        def make(*args: P.args, **options: P.kwargs) -> Stage:
            return Stage(fn.__name__, title, wire, cost, lambda avatar: fn(avatar, *args, **options))

        return make

    return wrap


OnStep = Callable[[float, Stage], None]


def ignore_step(fraction: float, stage: Stage) -> None:
    """The listener that does nothing."""


def run(
    stages: Iterable[Stage], avatar: Avatar | None = None, on_step: OnStep = ignore_step
) -> tuple[Avatar, tuple[Step, ...]]:
    """Apply `stages` in order; `on_step(fraction, stage)` hears each start and stops it by raising Cancelled.

    Raises FoundryError with `.stage` set; anything else that escapes a stage becomes StageFailed.
    """
    stages, spent = tuple(stages), 0.0
    steps: list[Step] = []
    avatar = Avatar() if avatar is None else avatar
    total = sum(s.cost for s in stages) or 1.0
    for s in stages:
        on_step(spent / total, s)
        start, before = time.perf_counter(), avatar
        try:
            avatar = s.apply(before)
        except FoundryError as error:
            error.stage = error.stage or s.name
            raise
        except Exception as error:
            raise StageFailed(f"{s.title}: {error}", stage=s.name) from error
        steps.append(Step(s.name, s.wire, time.perf_counter() - start, avatar is not before))
        spent += s.cost
    return avatar, tuple(steps)
