"""Chains of joints that swing: hair, skirts, robes and capes follow the body with a delay, long ears twitch."""

from dataclasses import replace
from typing import Protocol

from ..avatar import Avatar, Mesh, Part, Skeleton, Spring
from ..pipeline import stage
from .hanging_things import hanging_things
from .long_ears import long_ears
from .spring_colliders import body_colliders, clear_of
from .spring_joints import Line, Manner, extend_clip, grow


class Swinging(Protocol):
    """Something that swings on its own chains."""

    @property
    def manner(self) -> Manner:
        """How it swings."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that hang on its chains."""

    def lines(self, skeleton: Skeleton) -> list[Line]:
        """Its chains."""

    def rehang(self, mesh: Mesh, first: int) -> Mesh:
        """A mesh of its parts, at any level of detail, on its chains, whose joints are numbered from `first`."""


@stage("rigging", cost=10)
def add_springs(avatar: Avatar) -> Avatar:
    """Give hair, skirts, capes and long ears joints that swing."""
    skeleton = avatar.skeleton
    if skeleton is None or avatar.springs:
        return avatar
    things: list[Swinging] = [*hanging_things(avatar, skeleton), *long_ears(avatar)]
    if not things:
        return avatar
    grown, springs = skeleton, list[Spring]()
    owner: dict[int, tuple[Swinging, int]] = {}
    for thing in things:
        owner |= {id(p): (thing, len(grown.names)) for p in thing.parts}
        grown, more = grow(grown, thing.manner, thing.lines(skeleton))
        springs += more

    def hang(part: Part) -> Part:
        if id(part) not in owner:
            return part
        thing, first = owner[id(part)]
        return replace(part, lods=tuple(thing.rehang(m, first) for m in part.lods))

    still = [p for p in avatar.parts if p.role == "body" or id(p) not in owner]
    return replace(
        avatar.map_parts(hang),
        skeleton=grown,
        clips=tuple(extend_clip(c, grown) for c in avatar.clips),
        springs=tuple(springs),
        colliders=clear_of(body_colliders(still, skeleton), springs, grown),
    )
