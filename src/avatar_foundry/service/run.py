"""Serve with uvicorn; work without it."""

import asyncio
import logging
import signal

import uvicorn

from ..pack import open_pack
from .app import create_app, running
from .first_start import welcome
from .logs import set_up
from .metrics import Metrics
from .settings import Settings

log = logging.getLogger(__name__)


def serve(host: str, port: int, workers: int | None = None) -> None:
    """Serve until stopped. Raises PackError at once when the data pack is missing."""
    open_pack()
    settings = Settings() if workers is None else Settings(workers=workers)
    set_up(settings.log_json)
    welcome(settings, f"http://{host if host != '0.0.0.0' else '127.0.0.1'}:{port}")
    uvicorn.run(
        create_app(settings),
        host=host,
        port=port,
        server_header=False,
        log_config=None,
        access_log=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        # Longer than proxies keep idle connections, so that none sends into one that is being closed here.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(settings.shutdown_grace) + 5,
        ws="websockets-sansio",
        ws_max_size=1 << 20,
    )


def take_jobs(workers: int | None = None) -> None:
    """Take jobs from the queue until stopped."""
    open_pack()
    settings = Settings() if workers is None else Settings(workers=workers)
    set_up(settings.log_json)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with running(settings, Metrics(), role="worker", listen=True):
        log.info("working")
        await stopped.wait()
