"""Everything that can be configured, from AVATAR_FOUNDRY_* in the environment. docs/settings.md is made from this."""

import hashlib
import os
import socket
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _data_home() -> Path:
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "avatar-foundry"


class Settings(BaseSettings):
    """Service settings. Defaults serve one machine with no other server."""

    model_config = SettingsConfigDict(env_prefix="AVATAR_FOUNDRY_", frozen=True)

    data_dir: Path = Field(default_factory=_data_home, description="where the embedded database and store live")
    database_url: SecretStr = Field(
        SecretStr(""), description="postgresql://user:password@host/name; SQLite in the data folder when empty"
    )
    store_url: str = Field(
        "", description="s3://bucket/prefix (credentials from AWS_*); a folder in the data folder when empty"
    )
    public_url: str = Field("", description="base of absolute addresses; from the request when empty")
    trusted_proxies: str = Field("", description="comma list of addresses whose forwarded headers count")
    cors_origins: str = Field("", description="comma list of origins that browsers may call from; * for any")
    auth: Literal["auto", "keys", "open"] = Field(
        "auto",
        description="keys: every call needs a key or a session; open: any key, or none, acts as the owner; "
        "auto: keys, but from this machine any key may read and write until an owner or a key exists",
    )
    admin_key: SecretStr | None = Field(None, description="a key with every scope, for automation")
    session_hours: float = Field(24.0 * 7, gt=0, description="how long a dashboard session lasts")
    workers: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, le=256, description="engine processes, one per core"
    )
    embedded_worker: bool = Field(True, description="whether the API process takes queued jobs itself")
    queue_poll: float = Field(0.1, ge=0.01, le=5, description="seconds between two looks at the queue")
    max_json_bytes: int = Field(1 << 20, ge=1 << 10, description="largest JSON body taken")
    max_upload_bytes: int = Field(512 << 20, ge=1 << 10, description="largest upload taken")
    workspace_bytes: int = Field(4 << 30, ge=1 << 10, description="most bytes one owner's uploads may take")
    upload_hours: float = Field(24.0, gt=0, description="hours that an unfinished resumable upload is kept")
    batch_items: int = Field(100, ge=1, le=1000, description="most items of one batch")
    generate_timeout: float = Field(120.0, gt=0, description="seconds until a synchronous request gives up")
    job_timeout: float = Field(600.0, gt=0, description="seconds that one job may compute")
    job_memory_mb: int = Field(4096, ge=0, description="memory that one job may take; 0: no limit")
    job_attempts: int = Field(3, ge=1, le=10, description="how often a job is tried when its process dies")
    job_days: float = Field(30.0, gt=0, description="days that finished jobs are kept")
    listener_grace: float = Field(10.0, ge=0, description="seconds a streamed job goes on with nobody listening")
    heartbeat: float = Field(15.0, gt=0, description="seconds between comments on a quiet event stream")
    shutdown_grace: float = Field(20.0, ge=0, description="seconds that running jobs get to finish at shutdown")
    read_rate: int = Field(1200, ge=0, description="reads per minute and key; 0: no limit")
    write_rate: int = Field(240, ge=0, description="writes per minute and key; 0: no limit")
    stranger_rate: int = Field(120, ge=0, description="wrong keys per minute and address; 0: no limit")
    login_rate: int = Field(10, ge=0, description="tries to sign in per minute and address or name; 0: no limit")
    concurrent: int = Field(16, ge=0, description="synchronous requests at once per key; 0: no limit")
    websocket_jobs: int = Field(8, ge=1, description="unfinished jobs per WebSocket connection")
    hold_until_approved: bool = Field(False, description="whether downloads wait for the review's approval")
    retention_days: float = Field(0.0, ge=0, description="days after which avatars are deleted; 0: never")
    webhook_private: bool = Field(False, description="whether webhooks may go to private addresses")
    executor_id: str = Field("", description="this process's name among its peers; made from the host when empty")
    log_json: bool = Field(False, description="one JSON object per log line")

    @property
    def sql_url(self) -> str:
        """The database for SQLAlchemy: the configured one, or SQLite in the data folder."""
        return sql_url(self.database_url.get_secret_value(), self.data_dir / "foundry.sqlite")

    @property
    def jobs_url(self) -> str:
        """The job engine's database: the same server, or a SQLite file of its own."""
        return sql_url(self.database_url.get_secret_value(), self.data_dir / "jobs.sqlite")

    def executor(self, role: str) -> str:
        """A name for this process that stays the same from start to start and differs between machines and folders."""
        place = hashlib.sha256(str(self.data_dir.resolve()).encode()).hexdigest()[:6]
        return f"{self.executor_id or socket.gethostname()}-{role}-{place}"


def sql_url(configured: str, file: Path) -> str:
    """`postgresql://` with the driver that is installed; SQLite at `file` when nothing is configured."""
    if not configured:
        return f"sqlite:///{file.resolve()}"
    for scheme in ("postgresql://", "postgres://"):
        if configured.startswith(scheme):
            return "postgresql+psycopg://" + configured.removeprefix(scheme)
    return configured
