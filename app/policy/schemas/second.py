"""The second schema: who sees whom in a chain; shares are parts of a whole, names are plain."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from app.policy.schemas import first
from app.policy.schemas.entries import Count, Entry, Section

SHARE_MAX = Decimal(1)


class Values(first.Values):
    """Single values."""

    core_names_tiers: Count


class PolicyFile(first.Dated):
    """A policy file of the second schema."""

    schema_number: Literal[2] = Field(alias="schema")
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]  # Part of the version's name.
    values: Values
    tables: first.Tables
    contagion: first.Contagion

    @model_validator(mode="after")
    def _shares_are_parts(self) -> Self:
        over = [
            f"{section}.{name}"
            for section, part in self
            if isinstance(part, Section)
            for name, entry in part
            if entry.unit == "share" and _largest(entry) > SHARE_MAX
        ]
        if over:
            raise ValueError(f"a share is at most 1: {', '.join(over)}")
        return self


def _largest(entry: Entry) -> Any:
    return max(entry.value.values()) if isinstance(entry.value, dict) else entry.value
