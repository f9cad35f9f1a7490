"""Shapes of scenarios that were run: what a client reads."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.chain.limits.schemas import Named
from app.risk.stress.schemas import Channel, HitForm


class ScenarioParameters(BaseModel):
    """By what policy values losses were computed."""

    method: str
    tolerance: str
    rounds_max: int
    replaceability: bool


class RoundLoss(Named):
    """What a firm lost in one round."""

    loss_fen: int
    loss_share: str = Field(description="Share of its production")


class ScenarioRound(BaseModel):
    """One round: how many lost how much, and who most."""

    round: int = Field(description="0 is the closure itself")
    firms: int
    loss_fen: int
    largest: list[RoundLoss] = Field(description="The twenty largest losses")


class FirmLoss(Named):
    """What a firm lost over all rounds."""

    closed: bool = Field(description="Whether it is one of those that close")
    hit: bool = Field(
        default=True, description="Whether it is hit at the start; only where a scenario is named"
    )
    loss_fen: int
    production_fen: int
    payments_fen: int
    loss_share: str = Field(description="Share of its production")
    round: int = Field(description="The first round that hit it")


class ScenarioHead(BaseModel):
    """What every answer about a scenario says first."""

    scenario: str
    version: int
    as_of: dt.date
    policy: str


class ScenarioLosses(ScenarioHead):
    """Who loses what in a scenario."""

    id: str
    parameters: ScenarioParameters
    channels: list[Channel]
    name: str = Field("", description="Of a scenario that does more than close firms")
    hits: list[HitForm] = Field([], description="What such a scenario says")
    hit_firms: int = Field(0, description="How many firms such a scenario hits")
    closed: list[Named] = Field(description="Firms that lose everything at the start")
    rounds: list[ScenarioRound]
    firms: list[FirmLoss] = Field(description="Largest loss first")
    loss_fen: int
    others_fen: int = Field(description="What firms lose that are not hit at the start")


class RoundLosses(ScenarioHead):
    """Everybody who lost in one round, largest loss first."""

    round: int
    firms: int
    loss_fen: int
    items: list[RoundLoss]


class Change(Named):
    """What changed of a firm's production in one round, and why."""

    round: int
    channel: Literal["production", "orders"]
    reason: str = Field(description="shock, essential, not_essential, orders, or of a market")
    before: str = Field(description="Share of its production lost before")
    after: str = Field(description="Share lost after")
    through: Named | None = Field(description="Other end of the trade that contributed most")
    through_share: str | None = Field(description="That trade's share of the change")
    mover: Named | None = Field(description="Firm whose loss made the market smaller")


class RoundsChanges(ScenarioHead):
    """A page of all changes of production, in order of rounds."""

    rounds: int = Field(description="Rounds after the shock")
    changes: int
    items: list[Change]
    next: str | None


class Cause(Named):
    """What a firm, or all firms of a sector, that are hit add to the loss."""

    loss_fen: int
    error_fen: int = Field(description="Standard error; 0 where all sets were run")


class CarryingTrade(BaseModel):
    """What one trade carried."""

    supplier: Named
    buyer: Named
    inputs_fen: int = Field(description="Lost by the buyer for want of inputs")
    orders_fen: int = Field(description="Lost by the supplier for want of orders")


class LossAttribution(ScenarioHead):
    """
    Whose failing costs what, and which trades carried it.

    `players` sum to `loss_fen`; `first_fen` and all trades sum to `production_fen`.
    """

    by: Literal["firm", "sector"]
    exact: bool = Field(description="Whether all sets of players were run")
    cascades: int
    loss_fen: int
    players: list[Cause] = Field(description="Largest part first")
    production_fen: int
    payments_fen: int
    first_fen: int = Field(description="Production lost at the start, before anything spreads")
    trades: int
    items: list[CarryingTrade] = Field(description="Those that carried most first")
    next: str | None


class ComparedRound(BaseModel):
    """One round of both scenarios."""

    round: int
    loss_fen: int
    with_loss_fen: int


class ComparedFirm(Named):
    """One firm in both scenarios."""

    loss_fen: int
    with_loss_fen: int
    difference_fen: int = Field(description="How much more it loses in the other")
    round: int | None = Field(description="The first round that hit it")
    with_round: int | None


class ScenarioComparison(ScenarioHead):
    """Two scenarios side by side."""

    model_config = ConfigDict(populate_by_name=True)

    other: ScenarioHead = Field(alias="with")
    loss_fen: int
    with_loss_fen: int
    difference_fen: int
    firms: int
    rounds: list[ComparedRound]
    items: list[ComparedFirm] = Field(description="Largest difference first")
    next: str | None
