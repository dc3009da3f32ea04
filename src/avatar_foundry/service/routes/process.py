"""Uploaded meshes: processed, or only judged."""

from typing import Annotated, Any, Literal

from fastapi import Depends, Form, Request, UploadFile
from fastapi import File as FileField
from fastapi.responses import JSONResponse, Response, StreamingResponse

from ...process import Options
from .. import work
from ..addresses import with_addresses
from ..idempotency import idempotency_key
from ..routing import Idempotency, Prefer, accepted, wants_async
from ..routing import router as make_router
from ..schemas import Accepted, Findings, Made
from ..services import caller, services
from ..sources import mesh_of, parse_form, readable
from ..sse import EVENTS, job_events
from ..workspace import keep_content

router = make_router("meshes")
Target = Annotated[str, Form(max_length=32, description="the engine to write for")]
File = Annotated[UploadFile | None, FileField(description="the mesh; or name it by `path` or `avatar_id`")]


def asked(
    platform: Target = "web",
    auto_fix: Annotated[bool, Form(description="apply what can be fixed without asking")] = True,
    fixes: Annotated[list[str] | None, Form(max_length=32, description="actions of suggestions to apply")] = None,
    morph_targets: Annotated[bool, Form(description="write shapes")] = True,
    lods: Annotated[bool, Form(description="write lower levels of detail")] = True,
    no_face: Annotated[bool, Form(description="make no expressions")] = False,
    pose: Annotated[Literal["T", "A", "keep"], Form(description="rest pose")] = "T",
    texture_size: Annotated[int | None, Form(ge=256, le=4096, description="longest side of textures")] = None,
    triangles: Annotated[int | None, Form(ge=0, le=10_000_000, description="most triangles; 0 for no limit")] = None,
    skeleton: Annotated[
        Literal["full", "no_twists", "mittens", "no_fingers", "minimal"], Form(description="how many bones")
    ] = "full",
    budget: Annotated[
        str | None, Form(max_length=1024, description='numbers to meet as JSON: {"triangles": 15000, "bones": 75}')
    ] = None,
    atlas: Annotated[bool | None, Form(description="few draw calls")] = None,
    compression: Annotated[Literal["none", "meshopt", "draco"], Form()] = "none",
    formats: Annotated[
        list[str] | None, Form(max_length=8, description="further formats beside the GLB: fbx, usdz, obj ..")
    ] = None,
    hints: Annotated[
        str | None, Form(max_length=8192, description='places of joints as JSON: {"leftHand": [0.7, 1.4, 0]}')
    ] = None,
    min_confidence: Annotated[float, Form(ge=0, le=1, description="use a skeleton found with at least this")] = 0.5,
    animations: Annotated[
        list[str] | None, Form(max_length=64, description="clips to write beside the file's own: names, or all")
    ] = None,
    root_motion: Annotated[bool, Form(description="clips move the root over the ground")] = False,
    name: Annotated[str | None, Form(max_length=64, description="the avatar's name")] = None,
) -> Options:
    """The form's fields as options. Raises RecipeError."""
    return parse_form(dict(locals()))


Asked = Annotated[Options, Depends(asked)]
Path = Annotated[str | None, Form(max_length=4096, description="a file of your workspace, instead of `file`")]
Again = Annotated[str | None, Form(max_length=64, description="an avatar whose upload to process again")]


@router.post("/api/process", responses={200: {"model": Made}, 202: {"model": Accepted}})
async def process(
    request: Request,
    options: Asked,
    file: File = None,
    path: Path = None,
    avatar_id: Again = None,
    prefer: Prefer = None,
    idempotency: Idempotency = None,
) -> JSONResponse:
    """Make a working avatar of a mesh: read, check, mend, rig, skin, face, levels, files."""
    params = await mesh_of(request, file, path, avatar_id, options)
    if wants_async(prefer):
        return await accepted(request, "process", params)
    answer = await work.run(services(request), caller(request), "process", params, idempotency_key(request))
    return JSONResponse(with_addresses(request, answer))


@router.post("/api/process/stream", response_class=StreamingResponse, responses={200: EVENTS})
async def process_stream(
    request: Request,
    options: Asked,
    file: File = None,
    path: Path = None,
    avatar_id: Again = None,
    idempotency: Idempotency = None,
) -> Response:
    """As /api/process, with progress as server-sent events."""
    s = services(request)
    params = await mesh_of(request, file, path, avatar_id, options)
    job_id = await work.start(s, caller(request), "process", params, key=idempotency_key(request))
    s.listeners.watch(job_id)
    return await job_events(request, job_id)


@router.post("/api/validate", responses={200: {"model": Findings}})
async def validate(request: Request, file: UploadFile, platform: Target = "web") -> JSONResponse:
    """Judge an uploaded mesh by a platform's rules; nothing is written."""
    options = parse_form({"platform": platform})
    name = readable(file.filename or "")
    sha256, size = await keep_content(services(request), file)
    params: dict[str, Any] = {"sha256": sha256, "size": size, "name": name, "options": {"platform": options.platform}}
    return JSONResponse(await work.run(services(request), caller(request), "validate", params))
