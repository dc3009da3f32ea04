"""The file becomes an avatar."""

from collections.abc import Callable

import numpy as np

from ..avatar import Avatar
from ..formats.readers import Upload
from ..pipeline import stage
from .ledger import Ledger
from .places import box_of


@stage("reading", cost=100)
def read_file(avatar: Avatar, ledger: Ledger, name: str, data: bytes, read: Callable[[str, bytes], Upload]) -> Avatar:
    """Read the file."""
    upload = read(name, data)
    ledger.source = upload.source
    ledger.box = box_of(upload.avatar)
    heights = [p.mesh.positions[:, 1] for p in upload.avatar.parts if len(p.mesh.positions)]
    with np.errstate(invalid="ignore"):
        tall = max(map(np.nanmax, heights), default=0.0) - min(map(np.nanmin, heights), default=0.0)
    ledger.height = float(np.round(tall, 6)) if np.isfinite(tall) else 0.0
    return upload.avatar
