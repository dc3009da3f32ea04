"""Parameters -> the bare body."""

from collections.abc import Mapping
from dataclasses import replace

from ..avatar import Avatar
from ..body import body_part, evaluate
from ..pipeline import stage


@stage("body", cost=10)
def make_body(avatar: Avatar, values: Mapping[str, float]) -> Avatar:
    """Shape the body."""
    base = evaluate(values)
    return replace(avatar, base=base, parts=(body_part(base), *avatar.parts))
