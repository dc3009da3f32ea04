"""Serve with uvicorn."""

import uvicorn

from ..pack import open_pack
from .app import create_app
from .settings import Settings


def serve(host: str, port: int, workers: int | None = None) -> None:
    """Serve until stopped. Raises PackError at once when the data pack is missing."""
    open_pack()
    settings = Settings() if workers is None else Settings(workers=workers)
    uvicorn.run(create_app(settings), host=host, port=port, server_header=False, log_level="info")
