"""Shapes of exposures."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field


class CapOfExposure(BaseModel):
    """One cap that an exposure is held against."""

    rule: str = Field(description="Of the rule pack, or the policy value that says it")
    source: str
    share: str = Field(description="Of the capital that `base` names")
    base: Literal["net_capital", "tier1"]
    cap_fen: int


class ListedExposure(BaseModel):
    """What is lent and promised on one core, firm, group, sector or product."""

    id: str = Field(description="`-`: the sector is not known")
    name: str
    posted_fen: int = Field(description="Lent and not repaid")
    pending_fen: int = Field(description="Reserved and not lent yet")
    documents_fen: int = Field(
        description="Of a core: confirmed or issued here, and not lent on; else 0"
    )
    exposure_fen: int = Field(description="All of it together")
    cap_fen: int | None = Field(description="The tightest cap; null where there is none")
    share: str | None = Field(description="Of the tightest cap")
    state: Literal["over", "near", "inside"]
    caps: list[CapOfExposure] = Field(description="The tightest first")


class ExposuresListed(BaseModel):
    """Exposures in order of their ids, a page at a time."""

    by: Literal["core", "firm", "sector", "group", "product"]
    date: dt.date = Field(description="The business day whose rules and policy hold")
    items: list[ListedExposure]
    next: str | None
