"""Avatars with their files, variants and pictures."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from ..calls import Call, filled, segment
from ..types import AvatarPage, File, Link, Made
from .connection import AsyncConnection
from .downloads import Target, download


class AsyncAvatars:
    """`foundry.avatars`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(
        self,
        q: str | None = None,
        *,
        platform: str | None = None,
        preset: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> AvatarPage:
        """A page of avatars, newest first; `q`: words that all have to be there."""
        params = filled(q=q, platform=platform, preset=preset, limit=limit, cursor=cursor)
        page: AvatarPage = await self._connection.json(Call("GET", "/api/avatars", params=params))
        return page

    async def all(
        self, q: str | None = None, *, platform: str | None = None, preset: str | None = None
    ) -> AsyncIterator[Made]:
        """All avatars, page by page."""
        cursor: str | None = None
        while True:
            page = await self.list(q, platform=platform, preset=preset, limit=200, cursor=cursor)
            for made in page["items"]:
                yield made
            if (cursor := page["next_cursor"]) is None:
                return

    async def get(self, avatar_id: str) -> Made:
        """The answer that was given when the avatar was made."""
        made: Made = await self._connection.json(Call("GET", f"/api/avatars/{segment(avatar_id)}"))
        return made

    async def delete(self, avatar_id: str) -> None:
        """Delete an avatar with its files, variants and review."""
        await self._connection.json(Call("DELETE", f"/api/avatars/{segment(avatar_id)}"))

    async def download(self, avatar_id: str, name: str, target: Target, *, sha256: str | None = None) -> Path:
        """One file to the disk: resumed when the line breaks, hash checked, there whole or not at all."""
        call = Call("GET", f"/api/avatars/{segment(avatar_id)}/files/{segment(name)}")
        return await download(self._connection, call, target, sha256)

    async def save(self, made: Made, folder: Target) -> Sequence[Path]:
        """All files of an answer into a folder."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        return [
            await self.download(made["avatar_id"], f["name"], place / _plain(f), sha256=f["sha256"])
            for f in made["files"]
        ]

    async def glb(self, avatar_id: str, target: Target, **options: Any) -> Path:
        """The avatar as a GLB with other options than it was made with, in Ready Player Me's names.

        platform, quality (low | medium | high), lod (0..3), textureAtlas, textureSizeLimit, textureFormat,
        morphTargets, pose, useHands, useDracoMeshCompression, useMeshOptCompression.
        """
        return await self.variant(avatar_id, "glb", target, **options)

    async def variant(
        self, avatar_id: str, kind: Literal["glb", "vrm", "vrma", "fbx", "usdz", "obj"], target: Target, **options: Any
    ) -> Path:
        """As `glb`, in another format. Raises UnsupportedFormat where the platform is not written so."""
        call = Call("GET", f"/api/avatars/{segment(avatar_id)}.{kind}", params=options)
        return await download(self._connection, call, target)

    async def archive(self, avatar_id: str, target: Target) -> Path:
        """All files with recipe and licences, as a ZIP."""
        return await download(self._connection, Call("GET", f"/api/avatars/{segment(avatar_id)}.zip"), target)

    async def share(self, avatar_id: str, *, expires_in: int | None = None) -> Link:
        """A link to the preview page that needs no key and expires (in seconds; a week without)."""
        path = f"/api/avatars/{segment(avatar_id)}/links"
        link: Link = await self._connection.json(Call("POST", path, json=filled(expires_in=expires_in)))
        return link

    async def unshare(self, avatar_id: str) -> None:
        """Make every link to this avatar worthless."""
        await self._connection.json(Call("DELETE", f"/api/avatars/{segment(avatar_id)}/links"))

    async def png(
        self,
        avatar_id: str,
        target: Target,
        *,
        camera: Literal["portrait", "fullbody", "fit"] | None = None,
        size: int | None = None,
        expression: Literal["happy", "lol", "sad", "scared", "rage"] | None = None,
        pose: str | None = None,
        background: str | None = None,
        blend_shapes: Mapping[str, float] | None = None,
    ) -> Path:
        """A picture of the avatar; `background` is rrggbb, transparent without."""
        await download(
            self._connection,
            self._picture(avatar_id, camera, size, expression, pose, background, blend_shapes),
            target,
        )
        return Path(target)

    async def picture(self, avatar_id: str, **options: Any) -> bytes:
        """As `png`, in memory."""
        asked = [options.pop(k, None) for k in ("camera", "size", "expression", "pose", "background", "blend_shapes")]
        if options:
            raise TypeError(f"unknown option '{next(iter(options))}'")
        return await self._connection.content(self._picture(avatar_id, *asked))

    def _picture(
        self,
        avatar_id: str,
        camera: str | None,
        size: int | None,
        expression: str | None,
        pose: str | None,
        background: str | None,
        blend_shapes: Mapping[str, float] | None,
    ) -> Call:
        params = filled(camera=camera, size=size, expression=expression, pose=pose, background=background)
        params |= {f"blendShapes[{k}]": v for k, v in (blend_shapes or {}).items()}
        return Call("GET", f"/api/avatars/{segment(avatar_id)}.png", params=params)


def _plain(file: File) -> str:
    """The file's name, if it is one: nothing a service says may lead out of the folder."""
    name = file["name"]
    if name in ("", ".", "..") or "/" in name or "\\" in name or "\0" in name:
        raise ValueError(f"not a file's name: {name!r}")
    return name
