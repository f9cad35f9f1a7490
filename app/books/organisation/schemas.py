"""Shapes of the organisation in answers."""

from pydantic import BaseModel, Field

from app.books.organisation.forms import Level
from app.policy.schemas.entries import Wording


class UnitOfBank(BaseModel):
    """One unit of the bank."""

    id: str
    level: Level
    parent: str | None = Field(description="The unit that it is below; null of the head office")
    label: Wording


class UnitsOfBank(BaseModel):
    """The units of the bank, each after the one that it is below."""

    organisation: str = Field(description="The version of the organisation in force")
    items: list[UnitOfBank]
    next: str | None
