"""Shapes of rules in answers."""

import datetime as dt

from pydantic import BaseModel, Field

from app.books.rules.forms import Action, Severity, Unit
from app.policy.schemas.entries import Wording


class RuleInForce(BaseModel):
    """One rule: what holds, since when, where it comes from, and what follows."""

    id: str
    value: int | bool | str | list[str] | dict[str, int | str] = Field(
        description="In its unit: whole days, months, years, counts and fen; shares and rates as "
        "decimal strings; days in ISO form; a list of words; several values by key"
    )
    unit: Unit
    since: dt.date = Field(alias="from", description="The first day on which it holds")
    until: dt.date | None = Field(alias="to", description="The last day, where there is one")
    source: str = Field(description="Where it comes from")
    severity: Severity
    action: Action = Field(
        description="What follows where it is broken: `refuse`: it is not done; `stop_issue`: no "
        "new vouchers; `warn`: done and told; `report`: listed; `apply`: a figure is made with it"
    )
    label: Wording


class RuleList(BaseModel):
    """The rules in force on a day."""

    pack: str = Field(description="The version of the rule pack in force")
    as_of: dt.date = Field(description="The day on which they are in force")
    items: list[RuleInForce]
    next: str | None
