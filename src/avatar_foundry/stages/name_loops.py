"""Names of clips by which an engine knows that they loop."""

from dataclasses import replace

from ..avatar import Avatar
from ..pipeline import stage


@stage("exporting", cost=1)
def name_loops(avatar: Avatar, ending: str) -> Avatar:
    """Mark the animations that loop."""
    clips = tuple(
        replace(c, name=c.name + ending) if c.loop and not c.name.endswith(ending) else c for c in avatar.clips
    )
    same = all(a is b for a, b in zip(clips, avatar.clips, strict=True))
    return avatar if same else replace(avatar, clips=clips)
