"""Shapes of imports."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.data.versions.schemas import Label
from app.platform.http.days import Day


class ImportOfSource(BaseModel):
    """An import without files: of what was pushed to a source, or of what its databases hold."""

    model_config = ConfigDict(extra="forbid")

    source: str
    as_of: Day | None = Field(None, description="Date of the version")
    replace: bool = Field(default=False, description="Forget what the source gave before")


class FileRead(BaseModel):
    """One file, one sheet of it, or one query that was read."""

    path: str | None = Field(default=None, description="Of a file, or of records that were pushed")
    query: str | None = Field(default=None, description="Of a database: the set that asked it")
    rows: int
    sheet: str | None = None


class Remark(BaseModel):
    """One thing that is told of an import, in both languages."""

    code: str
    label: Label


class Outcome(BaseModel):
    """What an import did: every row is used, or set aside with a reason."""

    source: str
    files: list[FileRead]
    rows: int
    used: int
    set_aside: dict[str, int] = Field(description="Rows by the reason they were set aside for")
    currencies: dict[str, int] = Field(default={}, description="Rows left out, by their currency")
    firms: int
    trades: int
    version: int
    as_of: dt.date
    issues: str = Field(description="Where every row that was set aside is listed")
    published: bool
    notes: list[str] = Field(description="The English texts of the remarks")
    remarks: list[Remark] = Field(default=[], description="What is worth a look besides")


class Import(BaseModel):
    """An import as it stands."""

    id: str
    state: Literal["waiting", "running", "done", "failed"]
    source: str
    files: list[str]
    outcome: Outcome | None = Field(description="What it did, once it is done")
    detail: str | None = Field(description="Why it was refused")
    by: str
    created_at: dt.datetime
    finished_at: dt.datetime | None
