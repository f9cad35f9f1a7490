"""Shapes of firms and trades; what a firm has besides is what the data model says."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from app.data.versions.schemas import VersionHead
from graph.model import Kind, table

TYPES: Mapping[Kind, type] = {
    "text": str,
    "fen": int,
    "count": int,
    "ratio": float,
    "date": dt.date,
    "flag": bool,
}


class Listed(BaseModel):
    """A firm as it stands in lists."""

    id: str
    name: str
    sector: str | None
    region: str | None
    size: str | None
    rating: str | None
    core: bool | None
    listed: bool | None


class Firms(BaseModel):
    """Firms, a page at a time."""

    items: list[Listed]
    next: str | None


class FirmHead(VersionHead):
    """What a document of a firm says first."""

    id: str
    name: str


_KNOWN: dict[str, Any] = {
    each.name: (TYPES[each.type] | None, Field(description=each.description.en))
    for each in table("firms").attributes
    if each.name not in ("firm", "name")
}
Firm = create_model(
    "Firm",
    __base__=FirmHead,
    __doc__="Everything a version knows of a firm; null is unknown, never nought.",
    **_KNOWN,
)


class Trade(BaseModel):
    """What a supplier sold a buyer in the 365 days up to the version's date."""

    supplier: str
    buyer: str
    amount_fen: int
    count: int
    first_on: dt.date
    last_on: dt.date


class Trades(BaseModel):
    """Trades in order of supplier and buyer, a page at a time."""

    items: list[Trade]
    next: str | None


class Invoice(BaseModel):
    """One invoice between two firms; a red one is negative."""

    number: str
    issued_on: dt.date
    seller: str
    buyer: str
    kind: Literal["blue", "red"]
    goods: str | None
    amount_fen: int = Field(description="Before tax")
    tax_fen: int | None
    total_fen: int = Field(description="With tax")
    source: str | None = Field(description="Source that told it; null to a core or supplier")
    file: str | None = Field(description="File of that source; null to a core or supplier")
    line: int | None = Field(description="Line of that file; null to a core or supplier")


class Invoices(BaseModel):
    """Invoices between two firms, the oldest first, a page at a time."""

    items: list[Invoice]
    next: str | None
