"""Names that generated clients show to people: of operations, and of the forms that FastAPI names after functions."""

import json
from collections.abc import Mapping

from .to_303 import Json

OPERATIONS: Mapping[tuple[str, str], str] = {
    ("GET", "/health"): "getHealth",
    ("GET", "/health/ready"): "getReadiness",
    ("GET", "/metrics"): "getMetrics",
    ("GET", "/openapi.json"): "getOpenapi",
    ("GET", "/docs"): "getDocs",
    ("GET", "/api/preview"): "previewAvatar",
    ("GET", "/api/platforms"): "listPlatforms",
    ("GET", "/api/presets"): "listPresets",
    ("GET", "/api/animations"): "listAnimations",
    ("GET", "/api/presets/{preset_id}.png"): "drawPreset",
    ("POST", "/api/generate"): "generateAvatar",
    ("POST", "/api/process"): "processMesh",
    ("POST", "/api/process/stream"): "processMeshStream",
    ("POST", "/api/validate"): "validateMesh",
    ("POST", "/api/batch-generate"): "generateBatch",
    ("POST", "/api/batch-generate/stream"): "generateBatchStream",
    ("GET", "/api/batches/{batch_id}"): "getBatch",
    ("GET", "/api/jobs/{job_id}"): "getJob",
    ("GET", "/api/jobs/{job_id}/events"): "followJob",
    ("DELETE", "/api/jobs/{job_id}"): "cancelJob",
    ("GET", "/api/avatars"): "listAvatars",
    ("GET", "/api/avatars/{avatar_id}"): "getAvatar",
    ("DELETE", "/api/avatars/{avatar_id}"): "deleteAvatar",
    ("GET", "/api/avatars/{avatar_id}.glb"): "deriveGlb",
    ("GET", "/api/avatars/{avatar_id}.png"): "drawAvatar",
    ("GET", "/api/avatars/{avatar_id}/files/{name}"): "downloadFile",
    ("GET", "/api/avatars/{avatar_id}.zip"): "archiveAvatar",
    ("GET", "/api/avatars/{avatar_id}.vrm"): "deriveVrm",
    ("GET", "/api/avatars/{avatar_id}.vrma"): "deriveVrma",
    ("GET", "/api/avatars/{avatar_id}.fbx"): "deriveFbx",
    ("GET", "/api/avatars/{avatar_id}.usdz"): "deriveUsdz",
    ("GET", "/api/avatars/{avatar_id}.obj"): "deriveObj",
    ("GET", "/api/avatars/{avatar_id}.vrm0"): "deriveVrm0",
    ("GET", "/api/avatars/{avatar_id}.static.glb"): "deriveStatic",
    ("GET", "/api/avatars/{avatar_id}.report.json"): "deriveReport",
    ("GET", "/api/avatars/{avatar_id}.metahuman.json"): "deriveMetahuman",
    ("POST", "/api/avatars/{avatar_id}/links"): "shareAvatar",
    ("DELETE", "/api/avatars/{avatar_id}/links"): "unshareAvatar",
    ("GET", "/api/batches/{batch_id}/events"): "followBatch",
    ("OPTIONS", "/api/uploads"): "describeUploads",
    ("HEAD", "/api/uploads/{upload_id}"): "getUploadOffset",
    ("PATCH", "/api/uploads/{upload_id}"): "appendUpload",
    ("GET", "/api/reviews"): "listReviews",
    ("GET", "/api/reviews/{review_session_id}"): "getReview",
    ("POST", "/api/reviews/{review_session_id}/decision"): "decideReview",
    ("GET", "/api/uploads"): "listUploads",
    ("POST", "/api/uploads"): "createUpload",
    ("DELETE", "/api/uploads/{upload_id}"): "deleteUpload",
    ("GET", "/api/keys"): "listKeys",
    ("POST", "/api/keys"): "createKey",
    ("DELETE", "/api/keys/{key_id}"): "revokeKey",
    ("GET", "/api/users"): "listUsers",
    ("POST", "/api/users"): "createUser",
    ("DELETE", "/api/users/{user_id}"): "deleteUser",
    ("GET", "/api/webhooks"): "listWebhooks",
    ("POST", "/api/webhooks"): "createWebhook",
    ("GET", "/api/webhooks/{webhook_id}"): "getWebhook",
    ("DELETE", "/api/webhooks/{webhook_id}"): "deleteWebhook",
    ("POST", "/api/auth/setup"): "setUp",
    ("POST", "/api/auth/login"): "signIn",
    ("POST", "/api/auth/logout"): "signOut",
    ("GET", "/api/auth/session"): "whoAmI",
    ("POST", "/api/ws-ticket"): "createTicket",
}


FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


def operation_id(method: str, path: str) -> str:
    """The operation's name: the table's, or one made of the route."""
    if (name := OPERATIONS.get((method, path))) is not None:
        return name
    words = path.removeprefix("/api").replace("{", "").replace("}", "")
    parts = [w for w in words.replace(".", "/").replace("-", "/").replace("_", "/").split("/") if w]
    return method.lower() + "".join(p.capitalize() for p in parts)


def rename_forms(document: Json) -> Json:
    """Multipart bodies as `ProcessMeshForm`, after their operation, instead of `Body_process_api_process_post`."""
    names = {}
    for item in document["paths"].values():
        for operation in item.values():
            content = operation.get("requestBody", {}).get("content", {})
            forms = (content.get(kind, {}).get("schema", {}) for kind in FORMS)
            # a form with defaults for every field is wrapped: {"allOf": [{"$ref": ...}]}
            refs = (r.get("$ref", "") for form in forms for r in (form, *form.get("allOf", ())))
            found = next(filter(None, refs), "")
            if (old := found.rpartition("/")[2]).startswith("Body_"):
                id = operation["operationId"]
                names[old] = f"{id[0].upper()}{id[1:]}Form"
    text = json.dumps(document)
    for old, new in names.items():
        text = text.replace(f'"{old}"', f'"{new}"').replace(f"/schemas/{old}", f"/schemas/{new}")
    renamed: Json = json.loads(text)
    return renamed
