"""Put meshoptimizer's WebAssembly into wheels and editable installs: runs scripts/build-wasm before the build."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WasmBuildHook(BuildHookInterface[Any]):
    """`[tool.hatch.build.hooks.custom]` in pyproject.toml switches it on."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        script = Path(self.root) / "scripts" / "build-wasm"
        subprocess.run([sys.executable, str(script)], check=True)
        build_data["artifacts"].append("src/avatar_foundry/geometry/wasm/*")
