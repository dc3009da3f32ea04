"""What is done by itself now and then: old jobs, old deliveries, unfinished uploads, avatars behind their retention."""

import asyncio
import logging
from datetime import timedelta

from .ids import now
from .jobs.engine import DbosJobs
from .records import avatars, jobs, webhooks
from .resumable import drop_expired
from .services import Services

log = logging.getLogger(__name__)
EVERY = 3600.0  # seconds


async def maintain_forever(s: Services, engine: DbosJobs) -> None:
    """Tidy up every hour, until cancelled."""
    while True:
        try:
            await maintain(s, engine)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("tidying up failed")
        await asyncio.sleep(EVERY)


async def maintain(s: Services, engine: DbosJobs) -> None:
    """Tidy up once."""
    old = await engine.forget(now() - timedelta(days=s.settings.job_days))
    await s.database.write(jobs.forget, old)
    await s.database.write(webhooks.forget, s.settings.job_days)
    await drop_expired(s)
    if s.settings.retention_days:
        before = now() - timedelta(days=s.settings.retention_days)
        for avatar_id in await s.database.read(avatars.older_than, before):
            for sha256 in await s.database.write(avatars.remove, avatar_id):
                await asyncio.to_thread(s.store.delete, sha256)
