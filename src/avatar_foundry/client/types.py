"""What the API answers, as typed dictionaries: plain JSON, so that fields of a newer service are simply there too."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

Scope = Literal["read", "write", "admin"]
JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
ReviewState = Literal["pending", "approved", "rejected", "changes_requested"]
WebhookEvent = Literal["avatar.created", "job.succeeded", "job.failed", "job.cancelled", "review.decided"]


class RecipeFields(TypedDict, total=False):
    """What `generate` takes. Explicit fields override the prompt, which overrides the preset; docs/recipes.md."""

    preset: str | None
    prompt: str | None
    platform: str
    morph_targets: bool
    lods: bool
    no_face: bool
    seed: int
    formats: list[str]
    body: dict[str, float]
    face: dict[str, float]
    skin: dict[str, float]
    hair: dict[str, Any]
    outfit: list[str]
    colors: dict[str, str]
    texture_size: Literal[256, 512, 1024, 2048, 4096]
    texture_format: Literal["auto", "png", "jpeg", "webp"]
    atlas: bool
    shading: Literal["pbr", "mtoon"]
    compression: Literal["none", "meshopt", "draco"]
    skeleton: "Skeleton"
    budget: "Budget"
    pose: Literal["T", "A"]
    animations: list[str] | Literal["all"]
    root_motion: bool
    name: str
    fixes: list[str]


class Budget(TypedDict, total=False):
    """Most that the files may have; see docs/budgets.md."""

    triangles: int
    bones: int
    influences: int
    materials: int
    draw_calls: int
    texture: int
    texture_memory: int
    morphs: int
    bytes: int


Skeleton = Literal["full", "no_twists", "mittens", "no_fingers", "minimal"]


class Fitted(TypedDict):
    """What was done to meet one number of a budget."""

    budget: str
    limit: int
    before: int
    after: int
    how: str


class ProcessFields(TypedDict, total=False):
    """What `process` takes beside file and platform."""

    auto_fix: bool
    fixes: Sequence[str]
    morph_targets: bool
    lods: bool
    no_face: bool
    pose: Literal["T", "A", "keep"]
    texture_size: Literal[256, 512, 1024, 2048, 4096]
    atlas: bool
    shading: Literal["pbr", "mtoon"]
    compression: Literal["none", "meshopt", "draco"]
    formats: Sequence[str]
    skeleton: Skeleton
    budget: Budget
    hints: Mapping[str, Sequence[float]]
    min_confidence: float
    animations: Sequence[str]
    root_motion: bool
    name: str


class Suggestion(TypedDict):
    """One way out of an error, made from what was found."""

    title: str
    description: str
    confidence: float
    auto_fixable: bool
    action: str


class Issue(TypedDict):
    """One offending field."""

    pointer: str
    message: str


class ErrorBody(TypedDict):
    """The API's error shape."""

    error: str
    error_code: str
    detail: str
    suggestions: list[Suggestion]
    request_id: str
    is_retryable: bool
    issues: list[Issue]


class File(TypedDict):
    """A file of an avatar."""

    name: str
    format: str
    size: int
    sha256: str
    url: str


class Animation(TypedDict):
    """A clip in the files. root_motion: whether it moves over the ground."""

    name: str
    seconds: float
    loop: bool
    root_motion: bool


class Findings(TypedDict):
    """What the rules found."""

    error: int
    warning: int
    info: int
    hint: int
    findings: list[dict[str, Any]]
    platform: NotRequired[str]
    source: NotRequired[dict[str, Any]]


class Made(TypedDict):
    """A made (or processed) avatar."""

    stage_reached: str
    vertex_count: int
    face_count: int
    preset: str | None
    platform: str
    exported: bool
    morph_targets: bool
    review_session_id: str
    glb_size: int
    errors: list[ErrorBody]
    avatar_id: str
    download_url: str
    files: list[File]
    preview_url: str
    thumbnail_url: str
    lods: list[dict[str, Any]]
    bone_count: int
    morph_names: list[str]
    animations: list[Animation]
    fitted: list[Fitted]
    validation: Findings
    timings: dict[str, float]
    licences: list[dict[str, str]]
    recipe: dict[str, Any] | None
    interpretation: NotRequired[dict[str, Any]]
    source: NotRequired[dict[str, Any]]
    rig: NotRequired[dict[str, Any]]
    findings: NotRequired[dict[str, Any]]
    fixes_applied: NotRequired[list[Any]]
    created_at: NotRequired[str]


class Accepted(TypedDict):
    """A job was begun."""

    job_id: str
    state: str
    url: str
    events_url: str


class AcceptedBatch(TypedDict):
    """A batch was begun."""

    batch_id: str
    total: int
    url: str


class Batch(TypedDict):
    """A batch: results in request order, each a made avatar, an error, or (not final yet) a job's state."""

    batch_id: str
    total: int
    succeeded: int
    failed: int
    results: list[dict[str, Any]]
    state: NotRequired[Literal["running", "completed"] | None]


class Job(TypedDict):
    """How a job stands."""

    job_id: str
    kind: str
    batch_id: str | None
    state: JobState
    progress: float
    stage: str
    position: int | None
    attempts: int
    created_at: str
    started_at: str | None
    finished_at: str | None
    result: dict[str, Any] | None
    error: ErrorBody | None


class AvatarPage(TypedDict):
    """Avatars, newest first."""

    items: list[Made]
    next_cursor: str | None


class Link(TypedDict):
    """A link that shows one avatar without a key."""

    url: str
    token: str
    avatar_id: str
    expires_at: str


class Review(TypedDict):
    """A review with all its decisions."""

    review_session_id: str
    avatar_id: str
    avatar_url: str
    state: ReviewState
    decisions: list[dict[str, str]]
    created_at: str


class ReviewPage(TypedDict):
    """Reviews, newest first."""

    items: list[Review]
    next_cursor: str | None


class Upload(TypedDict):
    """A file of the caller's workspace; `path` is what the WebSocket's `process` takes."""

    id: str
    path: str
    size: int
    sha256: str
    created_at: str


class Key(TypedDict):
    """An API key; `key` is there only when it was just made."""

    id: str
    name: str
    prefix: str
    scopes: list[Scope]
    user_id: str
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    key: NotRequired[str | None]


class User(TypedDict):
    """A user."""

    id: str
    name: str
    is_admin: bool
    can_sign_in: bool
    created_at: str


class Webhook(TypedDict):
    """A webhook; `secret` is there only when it was just made, `deliveries` only when one webhook was asked for."""

    id: str
    url: str
    events: list[WebhookEvent]
    created_at: str
    secret: NotRequired[str | None]
    deliveries: NotRequired[list[dict[str, Any]] | None]


class WhoAmI(TypedDict):
    """Who calls."""

    user_id: str
    name: str
    scope: Scope
    csrf: str | None
