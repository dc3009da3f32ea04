"""Where the mesh of a request comes from: the request itself, the caller's workspace, or an avatar made before."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request, UploadFile

from ..errors import Suggestion
from ..formats.readers.sniff import READABLE, SUFFIXES, suffix
from ..process import Options
from ..process.options import parse
from .auth.identity import Identity
from .problems import Problem, not_found
from .records import avatars
from .services import Services, caller, services
from .workspace import find, keep_content

SOURCE = "source"  # the `role` of the file that an avatar was made from


def parse_form(fields: Mapping[str, Any]) -> Options:
    """Options from a form's or a message's fields; those that were not sent are None. Raises RecipeError."""
    return parse({k: v for k, v in fields.items() if v is not None})


def readable(name: str) -> str:
    """A file's name whose ending is one that is read. Raises Problem UNSUPPORTED_FORMAT."""
    ending = suffix(name)
    if ending in SUFFIXES:
        return name[-128:]
    hint = Suggestion("Export as GLB", "Blender: File → Export → glTF 2.0, format glTF Binary.", 0.9)
    raise Problem("UNSUPPORTED_FORMAT", f"/file: '.{ending[:12]}' is not read; {READABLE} are.", suggestions=[hint])


async def mesh_of(
    request: Request, file: UploadFile | None, path: str | None, avatar_id: str | None, options: Options
) -> dict[str, Any]:
    """A task's parameters. Raises Problem before anything is stored when the file cannot be read here."""
    s = services(request)
    if sum(x is not None for x in (file, path, avatar_id)) != 1:
        raise Problem("VALIDATION_ERROR", "/file: send one of: a file, the `path` of an upload, an `avatar_id`")
    if path is not None:
        return await from_workspace(s, caller(request), path, options)
    if avatar_id is not None:
        return await _from_avatar(s, caller(request), avatar_id, options)
    assert file is not None
    name = readable(file.filename or "")
    sha256, size = await keep_content(s, file)
    return _parameters(sha256, size, name, options)


async def from_workspace(s: Services, identity: Identity, path: str, options: Options) -> dict[str, Any]:
    """The parameters for a file of the caller's workspace. Raises 404."""
    upload = await find(s, identity, path)
    return _parameters(upload.sha256, upload.size, readable(upload.path.lstrip("/")), options)


async def _from_avatar(s: Services, identity: Identity, avatar_id: str, options: Options) -> dict[str, Any]:
    avatar = await s.database.read(avatars.get, avatar_id)
    identity.check_owner(avatar.owner_id if avatar else None, "avatar")
    found = [f for f in avatar.answer["files"] if f.get("role") == SOURCE] if avatar is not None else []
    if not found:
        raise not_found("upload that the avatar was made from")
    return _parameters(found[0]["sha256"], found[0]["size"], readable(found[0]["uploaded_as"]), options)


def _parameters(sha256: str, size: int, name: str, options: Options) -> dict[str, Any]:
    wanted = options.model_dump(mode="json", exclude_unset=True)
    return {"sha256": sha256, "size": size, "name": name, "options": wanted}
