"""Shapes of imports."""

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, Field


class Import(BaseModel):
    """An import as it stands."""

    id: str
    state: Literal["waiting", "running", "done", "failed"]
    source: str
    files: list[str]
    outcome: dict[str, Any] | None = Field(description="What it did, once it is done")
    detail: str | None = Field(description="Why it was refused")
    by: str
    created_at: dt.datetime
    finished_at: dt.datetime | None
