"""Shapes of connected groups."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

from app.data.versions.schemas import VersionHead

TieKind = Literal["equity", "control", "receipts", "expenditure"]
TieFamily = Literal["control", "dependence"]


class ListedGroup(BaseModel):
    """A connected group, named by its first member."""

    id: str
    name: str = Field(description="Of the first member")
    firms: int
    members: list[str] = Field(description="The first 1,000 members, in order of their ids")
    families: list[TieFamily] = Field(description="What ties it")
    limits_fen: int = Field(description="What its members may borrow, each by itself")
    cap_fen: int = Field(description="What the bank lends the group at most")


class ConnectedGroups(VersionHead):
    """The connected groups of a version in order of their ids, a page at a time."""

    items: list[ListedGroup]
    next: str | None


class TieEvidence(BaseModel):
    """A holding, a link of control, or the trade that a firm lives on."""

    kind: TieKind
    source: str = Field(description="The owner; of a dependence the firm that depends")
    target: str = Field(description="The firm that is owned; of a dependence its partner")
    share: str | None = Field(description="Of the firm; of receipts or expenditure; null: unknown")
    amount_fen: int | None = Field(description="Trade with the partner; null for a holding")
    whole_fen: int | None = Field(description="All trade on that side; null for a holding")
    holding: str | None = Field(description="Id of the holding in the version; null for trade")
    from_on: dt.date | None
    to_on: dt.date | None


class TiedFirm(BaseModel):
    """A member of a group, with all that makes it one."""

    id: str
    name: str
    controller: str | None = Field(description="Heads the block that controls it; null: nobody")
    held: str | None = Field(description="What that block holds of it; 0 by links of control alone")
    total_fen: int | None = Field(description="What it may borrow in all; null without a limit")
    evidence: list[TieEvidence] = Field(description="Its ties, at most 100; its own reasons first")
    ties: int = Field(description="How many ties it has")


class ConnectedGroup(VersionHead):
    """One connected group and its members in order of their ids, a page at a time."""

    id: str
    name: str
    firms: int
    families: list[TieFamily]
    limits_fen: int
    cap_fen: int
    members: list[TiedFirm]
    next: str | None
