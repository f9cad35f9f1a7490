"""What a failed request answers, as a model of the interface."""

from pydantic import BaseModel, Field


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    place: str = Field(description="Where it stands: in path, query or body, under which name")
    message: str


class Problem(BaseModel):
    """What every failed request answers (RFC 9457)."""

    type: str = Field("about:blank", description="What kind of problem this is")
    title: str = Field(description="The same in a few words")
    status: int = Field(description="The HTTP status")
    code: str = Field(description="Stable word for programs")
    detail: str = Field(description="What happened here")
    trace_id: str = Field(description="Finds the request in the log")
    errors: list[Fault] | None = Field(None, description="Of a malformed request: every fault")
