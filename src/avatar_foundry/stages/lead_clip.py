"""Which clip comes first: programs that play one play that."""

from dataclasses import replace

from ..avatar import Avatar
from ..pipeline import stage


@stage("exporting", cost=1)
def lead_clip(avatar: Avatar, name: str) -> Avatar:
    """Put the animation that is played unasked first."""
    clips = tuple(sorted(avatar.clips, key=lambda c: c.name != name))  # stable: the others keep their order
    same = all(a is b for a, b in zip(clips, avatar.clips, strict=True))
    return avatar if same else replace(avatar, clips=clips)
