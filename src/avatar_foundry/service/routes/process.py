"""Uploaded meshes: processed, or only judged."""

from typing import Annotated, Any

from fastapi import Form, Request, UploadFile
from fastapi.responses import JSONResponse, Response, StreamingResponse

from ...errors import Suggestion
from .. import work
from ..addresses import with_addresses
from ..idempotency import idempotency_key
from ..jobs.tasks import known_platform
from ..problems import Problem
from ..routing import Idempotency, Prefer, accepted, wants_async
from ..routing import router as make_router
from ..schemas import Accepted, Findings, Made
from ..services import caller, services
from ..sse import EVENTS, job_events
from ..workspace import keep_content, stem

router = make_router("meshes")
READABLE = ("glb",)
Target = Annotated[str, Form(max_length=32, description="the engine to write for")]
AutoFix = Annotated[bool, Form(description="apply what can be fixed without asking")]
Fixes = Annotated[list[str], Form(max_length=32, description="actions of suggestions to apply")]


async def parameters(request: Request, file: UploadFile, platform: str) -> dict[str, Any]:
    """A task's parameters. Raises Problem before anything is stored when the file cannot be read here."""
    known_platform(platform)
    ending = (file.filename or "").rpartition(".")[2].lower()
    if ending not in READABLE:
        hint = Suggestion("Export as GLB", "Blender: File → Export → glTF 2.0, format glTF Binary.", 0.9)
        raise Problem("UNSUPPORTED_FORMAT", f"/file: '.{ending[:12]}' is not read; .glb is.", suggestions=[hint])
    sha256, size = await keep_content(services(request), file)
    return {"sha256": sha256, "size": size, "platform": platform, "name": stem(file.filename or "")}


@router.post("/api/process", responses={200: {"model": Made}, 202: {"model": Accepted}})
async def process(
    request: Request,
    file: UploadFile,
    platform: Target = "web",
    auto_fix: AutoFix = True,
    fixes: Fixes = [],  # noqa: B006 (FastAPI copies it)
    prefer: Prefer = None,
    idempotency: Idempotency = None,
) -> JSONResponse:
    """Read an uploaded mesh, judge it, write it for a platform."""
    params = await parameters(request, file, platform) | {"auto_fix": auto_fix, "fixes": fixes}
    if wants_async(prefer):
        return await accepted(request, "process", params)
    answer = await work.run(services(request), caller(request), "process", params, idempotency_key(request))
    return JSONResponse(with_addresses(request, answer))


@router.post("/api/process/stream", response_class=StreamingResponse, responses={200: EVENTS})
async def process_stream(
    request: Request,
    file: UploadFile,
    platform: Target = "web",
    auto_fix: AutoFix = True,
    fixes: Fixes = [],  # noqa: B006
    idempotency: Idempotency = None,
) -> Response:
    """As /api/process, with progress as server-sent events."""
    s = services(request)
    params = await parameters(request, file, platform) | {"auto_fix": auto_fix, "fixes": fixes}
    job_id = await work.start(s, caller(request), "process", params, key=idempotency_key(request))
    s.listeners.watch(job_id)
    return await job_events(request, job_id)


@router.post("/api/validate", responses={200: {"model": Findings}})
async def validate(request: Request, file: UploadFile, platform: Target = "web") -> JSONResponse:
    """Judge an uploaded mesh by a platform's rules; nothing is written."""
    params = await parameters(request, file, platform)
    return JSONResponse(await work.run(services(request), caller(request), "validate", params))
