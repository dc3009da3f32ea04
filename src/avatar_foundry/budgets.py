"""The budget that a request may state: numbers of an app, at or below its platform's own."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class BudgetSpec(BaseModel):
    """Most that the files may have. What is not stated is the platform's; what is stated is met, or nothing is
    written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    triangles: Annotated[int, Field(ge=500, le=10_000_000)] | None = Field(None, description="of the full detail")
    bones: Annotated[int, Field(ge=19, le=10_000)] | None = Field(None, description="joints of the skeleton")
    influences: Annotated[int, Field(ge=1, le=4)] | None = Field(None, description="joints per vertex")
    materials: Annotated[int, Field(ge=1, le=64)] | None = Field(None, description="of the full detail")
    draw_calls: Annotated[int, Field(ge=1, le=64)] | None = Field(None, description="meshes of the full detail")
    texture: Annotated[int, Field(ge=64, le=8192)] | None = Field(None, description="longest side in pixels")
    texture_memory: Annotated[int, Field(ge=65_536, le=2**40)] | None = Field(
        None, description="bytes on the graphics card, mip levels included"
    )
    morphs: Annotated[int, Field(ge=0, le=1000)] | None = Field(
        None, description="shapes; the rarest are left out. Only where stated"
    )
    bytes: Annotated[int, Field(ge=50_000, le=2**40)] | None = Field(None, description="size of the main file")

    def stated(self) -> Mapping[str, int]:
        """What is stated, by name."""
        return self.model_dump(exclude_none=True)
