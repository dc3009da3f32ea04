"""An avatar's files in one ZIP, the same bytes every time."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a ZIP can hold


def write_archive(
    files: Mapping[str, bytes], recipe: Mapping[str, Any] | None, licences: Iterable[Mapping[str, str]]
) -> bytes:
    """The ZIP. Nothing is compressed: textures are already, and compressors differ from build to build of zlib."""
    extra = {"LICENCES.txt": licence_text(licences).encode()}
    if recipe is not None:
        extra["recipe.json"] = (json.dumps(recipe, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in [*files.items(), *sorted(extra.items())]:
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, data)
    return out.getvalue()


def licence_text(licences: Iterable[Mapping[str, str]]) -> str:
    """Who made what, in words."""
    lines = ["These files hold the following works.", ""]
    for row in licences:
        lines += [row.get("name", ""), *(f"  {k}: {row[k]}" for k in ("author", "licence", "source") if row.get(k)), ""]
    return "\n".join(lines)
