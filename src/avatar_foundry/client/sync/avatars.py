# Made by scripts/gen-client from ../aio: change that.
"""Avatars with their files, variants and pictures; their reviews; the workspace's uploads."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from ..calls import Call, Source, filled, segment
from ..types import AvatarPage, File, Made, Review, ReviewPage, ReviewState, Upload
from .connection import Connection
from .downloads import Target, download


class Avatars:
    """`foundry.avatars`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(
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
        page: AvatarPage = self._connection.json(Call("GET", "/api/avatars", params=params))
        return page

    def all(self, q: str | None = None, *, platform: str | None = None, preset: str | None = None) -> Iterator[Made]:
        """All avatars, page by page."""
        cursor: str | None = None
        while True:
            page = self.list(q, platform=platform, preset=preset, limit=200, cursor=cursor)
            yield from page["items"]
            if (cursor := page["next_cursor"]) is None:
                return

    def get(self, avatar_id: str) -> Made:
        """The answer that was given when the avatar was made."""
        made: Made = self._connection.json(Call("GET", f"/api/avatars/{segment(avatar_id)}"))
        return made

    def delete(self, avatar_id: str) -> None:
        """Delete an avatar with its files, variants and review."""
        self._connection.json(Call("DELETE", f"/api/avatars/{segment(avatar_id)}"))

    def download(self, avatar_id: str, name: str, target: Target, *, sha256: str | None = None) -> Path:
        """One file to the disk: resumed when the line breaks, hash checked, there whole or not at all."""
        call = Call("GET", f"/api/avatars/{segment(avatar_id)}/files/{segment(name)}")
        return download(self._connection, call, target, sha256)

    def save(self, made: Made, folder: Target) -> Sequence[Path]:
        """All files of an answer into a folder."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        return [
            self.download(made["avatar_id"], f["name"], place / _plain(f), sha256=f["sha256"]) for f in made["files"]
        ]

    def glb(self, avatar_id: str, target: Target, **options: Any) -> Path:
        """The avatar as a GLB with other options than it was made with, in Ready Player Me's names.

        platform, quality (low | medium | high), lod (0..3), textureAtlas, textureSizeLimit, textureFormat,
        morphTargets, pose, useHands, useDracoMeshCompression, useMeshOptCompression.
        """
        call = Call("GET", f"/api/avatars/{segment(avatar_id)}.glb", params=options)
        return download(self._connection, call, target)

    def png(
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
        download(
            self._connection,
            self._picture(avatar_id, camera, size, expression, pose, background, blend_shapes),
            target,
        )
        return Path(target)

    def picture(self, avatar_id: str, **options: Any) -> bytes:
        """As `png`, in memory."""
        asked = [options.pop(k, None) for k in ("camera", "size", "expression", "pose", "background", "blend_shapes")]
        if options:
            raise TypeError(f"unknown option '{next(iter(options))}'")
        return self._connection.content(self._picture(avatar_id, *asked))

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


class Reviews:
    """`foundry.reviews`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(
        self, state: ReviewState | None = None, *, limit: int | None = None, cursor: str | None = None
    ) -> ReviewPage:
        """A page of reviews, newest first."""
        params = filled(state=state, limit=limit, cursor=cursor)
        page: ReviewPage = self._connection.json(Call("GET", "/api/reviews", params=params))
        return page

    def get(self, review_session_id: str) -> Review:
        """One review with all its decisions."""
        review: Review = self._connection.json(Call("GET", f"/api/reviews/{segment(review_session_id)}"))
        return review

    def decide(
        self, review_session_id: str, decision: Literal["approve", "reject", "request_changes"], comment: str = ""
    ) -> Review:
        """Add a decision; the newest one counts."""
        path = f"/api/reviews/{segment(review_session_id)}/decision"
        call = Call("POST", path, json={"decision": decision, "comment": comment})
        review: Review = self._connection.json(call)
        return review


class Uploads:
    """`foundry.uploads`: the caller's workspace."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> Sequence[Upload]:
        """The workspace's files, newest first."""
        found: list[Upload] = (self._connection.json(Call("GET", "/api/uploads")))["items"]
        return found

    def create(self, file: Source) -> Upload:
        """Put a file (a path, `(name, bytes)` or an open file) there; one of the same name is replaced."""
        upload: Upload = self._connection.json(Call("POST", "/api/uploads", file=file))
        return upload

    def delete(self, upload_id: str) -> None:
        """Delete a file."""
        self._connection.json(Call("DELETE", f"/api/uploads/{segment(upload_id)}"))
