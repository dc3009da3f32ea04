"""What was found in an upload, as plain data."""

from typing import Any

from .ledger import Ledger
from .places import short


def source_facts(ledger: Ledger) -> dict[str, Any]:
    """Format, unit, axes, counts and what the reader had to say."""
    source = ledger.source
    if source is None:
        return {}
    return {
        "format": source.format,
        "container": source.container,
        "version": source.version,
        "generator": source.generator,
        "unit_metres": source.unit_metres,
        "up_axis": source.up,
        "front_axis": source.front,
        "height": ledger.height,
        "box": [[short(v) for v in corner] for corner in ledger.box] if ledger.box is not None else None,
        **dict(source.counts),
        "licence": source.vrm.licence if source.vrm is not None else "",
        "notes": list(source.notes),
    }
