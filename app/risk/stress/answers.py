"""Shapes of scenarios that were run: what a client reads."""

import datetime as dt

from pydantic import BaseModel, Field

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
