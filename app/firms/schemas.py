"""Shapes of firms and trades; what a firm has besides is what the data model says."""

import datetime as dt

from pydantic import BaseModel, ConfigDict

from app.versions.schemas import Head


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


class Firm(Head):
    """Everything a version knows of a firm."""

    model_config = ConfigDict(extra="allow")

    id: str
    name: str


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
