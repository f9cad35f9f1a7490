"""Shapes of sources."""

from typing import Literal

from pydantic import BaseModel, Field

from app.data.versions.schemas import Label


class SourceState(BaseModel):
    """One source: whose it is, and whether it can be used."""

    name: str
    origin: Literal["own", "shipped"]
    state: Literal["ready", "template", "broken"] = Field(
        description="Whether it can be used; a template leaves questions open"
    )
    version: int | None = Field(description="Null where its text cannot be read at all")
    sha256: str | None = Field(description="Of its text")
    tables: list[str] = Field(description="The tables that it gives")
    problems: list[str] = Field(description="Faults and open questions, each with its line")


class SourceStates(BaseModel):
    """Sources in the order of their names."""

    items: list[SourceState]
    next: str | None


class SourceText(SourceState):
    """A source with its description; of a broken one there may be no more than its text."""

    label: Label | None = None
    owner: str | None = None
    schedule: str | None = None
    names_identify: bool | None = Field(None, description="Whether firms of one name are one firm")
    ids_shared: bool | None = Field(None, description="Whether its ids mean those of others")
    lag_days: dict[str, int] | None = Field(
        None, description="By table: days after which a row without such a day is known"
    )
    pushed: bool | None = Field(None, description="Whether other systems push its rows")
    sets: dict[str, str] | None = Field(None, description="What each set of rows is read from")
    addresses: list[str] | None = Field(
        None, description="Variables that hold the addresses of its databases"
    )
    text: str = Field(description="The description, in YAML")
