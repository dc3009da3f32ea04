"""Put what is built from other sources into wheels: meshoptimizer's WebAssembly and the dashboard's pages."""

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
        if self.target_name == "wheel" and version != "editable":  # scripts/setup builds the pages for a checkout
            subprocess.run([str(Path(self.root) / "scripts" / "build-web")], check=True)
            build_data["artifacts"].append("src/avatar_foundry/service/static/**")
