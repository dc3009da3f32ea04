"""A service elsewhere does the work; files come into the root folder, hashes checked."""

import tempfile
from pathlib import Path
from typing import Any, cast

import anyio.to_thread

from ..client import AsyncFoundry
from ..client.aio.streams import AsyncJobStream
from ..errors import RecipeError
from .confine import Root
from .server import Tell
from .tools import Generate, Listing, Process, Review, Validate
from .worker import Base, _picked


class Remote(Base):
    """Makes avatars through the API, with its user's key."""

    def __init__(self, root: Root, foundry: AsyncFoundry) -> None:
        super().__init__(root)
        self.foundry = foundry

    async def list_presets(self, asked: Listing, tell: Tell) -> dict[str, Any]:
        """The service's presets."""
        return {"presets": _picked(await self.foundry.presets(), asked.id, ("id", "title", "about", "tags"))}

    async def list_platforms(self, asked: Listing, tell: Tell) -> dict[str, Any]:
        """The service's platforms."""
        found = await self.foundry.platforms()
        return {"platforms": _picked(found, asked.id, ("id", "title", "formats", "budgets"))}

    async def generate(self, asked: Generate, tell: Tell) -> dict[str, Any]:
        """Generate as a job, then fetch its files."""
        place = self.root.output(asked.folder)
        recipe = asked.model_dump(mode="json", exclude_unset=True, exclude={"folder"})
        return await self._made(self.foundry.generate_stream(recipe), place, tell)

    async def process(self, asked: Process, tell: Tell) -> dict[str, Any]:
        """Upload, process, fetch."""
        path, place = self.root.file(asked.file), self.root.output(asked.folder)
        stream = self.foundry.process_stream(path, **cast(Any, asked.form()))
        return await self._made(stream, place, tell)

    async def validate(self, asked: Validate, tell: Tell) -> dict[str, Any]:
        """Upload and judge."""
        return {**await self.foundry.validate(self.root.file(asked.file), asked.platform)}

    async def review(self, asked: Review, tell: Tell) -> dict[str, Any]:
        """List or decide."""
        if asked.action == "list":
            page = await self.foundry.reviews.list(asked.state, limit=100)
            return {"reviews": page["items"]}
        if asked.review_session_id is None or asked.decision is None:
            raise RecipeError("/decision: to decide, give review_session_id and decision", pointer="/decision")
        return {**await self.foundry.reviews.decide(asked.review_session_id, asked.decision, asked.comment)}

    async def glb_of(self, avatar_id: str) -> bytes:
        """The avatar's main GLB."""
        with tempfile.TemporaryDirectory(prefix="avatar-foundry-") as folder:
            path = await self.foundry.avatars.glb(avatar_id, Path(folder) / "avatar.glb")
            return await anyio.to_thread.run_sync(path.read_bytes)

    async def _made(self, stream: AsyncJobStream, place: Path, tell: Tell) -> dict[str, Any]:
        async with stream:  # an assistant that gives up stops the job
            async for event in stream:
                if event.name == "progress":
                    await tell(event.progress, event.title)
        paths = await self.foundry.save(stream.result, place)
        return self.shortened(stream.result, [self.root.name(p) for p in paths])
