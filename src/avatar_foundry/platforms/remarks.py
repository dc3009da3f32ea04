"""What a request asks for in vain: told, not refused."""

from collections.abc import Collection

from .platform import Platform


def remarks(platform: Platform, animations: Collection[str], root_motion: bool, clips: bool = False) -> tuple[str, ...]:
    """One sentence each. animations: as asked for.  clips: whether the source brings some."""
    said = []
    if animations and platform.remake is not None:
        said.append(f"{platform.title} has its own clips: none of `animations` is written.")
    elif root_motion and not animations:
        more = "; those of the file stay as they are" if clips else ""
        said.append(f"`root_motion` does nothing without `animations`{more}.")
    return tuple(said)
