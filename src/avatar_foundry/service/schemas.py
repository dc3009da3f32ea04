"""What answers look like, for the API's description; a test holds real answers against them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Decided = Literal["pending", "approved", "rejected", "changes_requested"]


class Open(BaseModel):
    """Fields may be added; those named here stay."""

    model_config = ConfigDict(extra="allow")


class Suggestion(BaseModel):
    """One way out, made from what was found."""

    title: str
    description: str
    confidence: float = Field(ge=0, le=1)
    auto_fixable: bool
    action: str = Field(description="what `fixes` accepts; empty when only a person can act")


class Issue(BaseModel):
    """One offending field."""

    pointer: str = Field(description="JSON pointer into the request")
    message: str


class Error(Open):
    """Every error, over HTTP, event streams and WebSocket."""

    error: str
    error_code: str
    detail: str
    suggestions: list[Suggestion]
    request_id: str
    is_retryable: bool
    issues: list[Issue]


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"]
    version: str


class Ready(BaseModel):
    """Whether requests can be met."""

    checks: dict[str, bool]


class Platforms(BaseModel):
    """What engines are written for."""

    platforms: list[dict[str, Any]]


class Presets(BaseModel):
    """What can be asked for by name."""

    presets: list[dict[str, Any]]


class ClipInfo(Open):
    """A clip of the library. seconds: on an adult; short legs are quicker.  moves: over the ground, or turns.
    face: moves shapes of the face."""

    name: str
    title: str
    loop: bool
    seconds: float
    tags: list[str]
    moves: bool
    face: bool


class Animations(BaseModel):
    """What can be asked for as `animations`."""

    animations: list[ClipInfo]


class File(Open):
    """A file of an avatar."""

    name: str
    format: str
    size: int
    sha256: str
    url: str


class Animation(Open):
    """A clip in the files. root_motion: whether it moves over the ground."""

    name: str
    seconds: float
    loop: bool
    root_motion: bool


class Findings(Open):
    """What the rules found: numbers by severity, and each finding."""

    error: int
    warning: int
    info: int
    hint: int
    findings: list[dict[str, Any]]


class Made(Open):
    """A made avatar."""

    stage_reached: str
    vertex_count: int
    face_count: int
    preset: str | None
    platform: str
    exported: bool
    morph_targets: bool
    review_session_id: str
    glb_size: int
    errors: list[Error]
    avatar_id: str
    download_url: str
    files: list[File]
    preview_url: str
    thumbnail_url: str
    lods: list[dict[str, Any]]
    bone_count: int
    morph_names: list[str]
    animations: list[Animation] = []
    validation: Findings
    fitted: list[dict[str, Any]] = []
    timings: dict[str, float]
    licences: list[dict[str, str]]
    recipe: dict[str, Any] | None


class Accepted(BaseModel):
    """A job was begun."""

    job_id: str
    state: Literal["queued"]
    url: str
    events_url: str


class AcceptedBatch(BaseModel):
    """A batch was begun."""

    batch_id: str
    total: int
    url: str


class BatchAnswer(BaseModel):
    """Results in request order: each a made avatar, an error, or (while it is not final) a job's state."""

    batch_id: str
    total: int
    succeeded: int
    failed: int
    results: list[dict[str, Any]]
    state: Literal["running", "completed"] | None = None


class JobAnswer(BaseModel):
    """How a job stands."""

    job_id: str
    kind: str
    batch_id: str | None
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    progress: float = Field(ge=0, le=1)
    stage: str
    position: int | None = Field(description="jobs before it in the queue")
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    result: dict[str, Any] | None
    error: Error | None


class AvatarPage(BaseModel):
    """Avatars, newest first."""

    items: list[Made]
    next_cursor: str | None


class LinkAnswer(BaseModel):
    """A link that shows one avatar without a key, until it expires or is withdrawn."""

    url: str
    token: str = Field(description="`share=` of the avatar's address and of its files'")
    avatar_id: str
    expires_at: datetime


class ReviewAnswer(BaseModel):
    """A review with all its decisions."""

    review_session_id: str
    avatar_id: str
    avatar_url: str
    state: Decided
    decisions: list[dict[str, str]]
    created_at: datetime


class ReviewPage(BaseModel):
    """Reviews, newest first."""

    items: list[ReviewAnswer]
    next_cursor: str | None


class UploadAnswer(BaseModel):
    """A file of the caller's workspace."""

    id: str
    path: str
    size: int
    sha256: str
    created_at: datetime


class UploadPage(BaseModel):
    """The files of a workspace."""

    items: list[UploadAnswer]
    next_cursor: str | None


class KeyAnswer(BaseModel):
    """A key; `key` is there only when it was just made."""

    id: str
    name: str
    prefix: str
    scopes: list[Literal["read", "write", "admin"]]
    user_id: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    key: str | None = None


class KeyPage(BaseModel):
    """Keys that are not revoked."""

    items: list[KeyAnswer]
    next_cursor: str | None


class UserAnswer(BaseModel):
    """A user."""

    id: str
    name: str
    is_admin: bool
    can_sign_in: bool
    created_at: datetime


class UserPage(BaseModel):
    """All users."""

    items: list[UserAnswer]
    next_cursor: str | None


class DeliveryAnswer(BaseModel):
    """One event on its way."""

    id: str
    event: str
    state: Literal["pending", "delivered", "failed"]
    attempts: int
    status: int | None
    problem: str | None
    created_at: datetime
    next_at: datetime | None


class WebhookAnswer(BaseModel):
    """A webhook; `secret` is there only when it was just made."""

    id: str
    url: str
    events: list[str]
    created_at: datetime
    secret: str | None = None
    deliveries: list[DeliveryAnswer] | None = None


class WebhookPage(BaseModel):
    """The caller's webhooks."""

    items: list[WebhookAnswer]
    next_cursor: str | None


class SignedIn(BaseModel):
    """A fresh session."""

    user_id: str
    name: str
    is_admin: bool
    csrf: str


class WhoAmI(BaseModel):
    """Who calls."""

    user_id: str
    name: str
    scope: Literal["read", "write", "admin"]
    csrf: str | None


class Ticket(BaseModel):
    """A ticket for one WebSocket connection."""

    ticket: str
    expires_in: int
