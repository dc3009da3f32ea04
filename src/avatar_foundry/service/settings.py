"""Everything that can be configured, from AVATAR_FOUNDRY_* in the environment."""

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _data_home() -> Path:
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "avatar-foundry"


class Settings(BaseSettings):
    """Service settings. Defaults serve one machine with no other server."""

    model_config = SettingsConfigDict(env_prefix="AVATAR_FOUNDRY_", frozen=True)

    data_dir: Path = Field(default_factory=_data_home, description="where avatars and their files live")
    public_url: str = Field("", description="base of absolute addresses; from the request when empty")
    workers: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, le=256, description="engine processes, one per core"
    )
    max_json_bytes: int = Field(1 << 20, ge=1 << 10, description="largest JSON body taken")
    generate_timeout: float = Field(120.0, gt=0, description="seconds until a synchronous request gives up")
