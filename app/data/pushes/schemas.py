"""Shapes of pushes."""

from pydantic import BaseModel, Field


class LineAside(BaseModel):
    """A line of a push that is set aside."""

    line: int
    column: str = Field(description="The name that is to blame; blank where it is the whole line")
    reason: str = Field(description="As in files: missing, bad_amount, unreadable, …")
    why: str | None = Field(description="Of a line that cannot be read: why")


class Push(BaseModel):
    """What became of the lines of a push."""

    batch: str
    rows: int
    accepted: int = Field(description="Rows that the next import of the source publishes")
    set_aside: dict[str, int] = Field(description="Rows by the reason they were set aside for")
    lines: list[LineAside] = Field(description="The first of those that were set aside")
    left: int = Field(description="How many more were set aside than are listed")
    staged: int = Field(description="Rows of the source that wait to be published")


class Dropped(BaseModel):
    """What was dropped of a source."""

    source: str
    batches: int
    rows: int
    staged: int = Field(description="Rows that stay: an import that is not over publishes them")
