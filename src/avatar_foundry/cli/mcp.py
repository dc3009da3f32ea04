"""`mcp`: the foundry as tools for assistants."""

import os
from importlib.util import find_spec
from pathlib import Path

from ..client.calls import KEY_VARIABLE
from ..errors import RecipeError, Suggestion

HTTP_KEY = "AVATAR_FOUNDRY_MCP_KEY"


def serve(root: Path, url: str | None, http: str | None) -> None:
    """Serve over stdio, or HTTP. Raises RecipeError, PackError."""
    if find_spec("mcp") is None:
        hint = Suggestion("Install it", "pip install 'mcp>=2.3,<3'", 0.95)
        raise RecipeError("the package 'mcp' is not installed", suggestions=[hint])
    from ..mcp.serve import run

    run(root, url=url, key=os.environ.get(KEY_VARIABLE), http=http, http_key=os.environ.get(HTTP_KEY))
