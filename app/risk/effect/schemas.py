"""Shapes of effects."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

from app.lending.applications.states import State


class EffectFirm(BaseModel):
    """A firm by its id."""

    id: str
    name: str


class LargestLoss(EffectFirm):
    """The firm of whose loans most is lost."""

    loss_fen: int
    share: str = Field(description="Of the whole loss")


class LossScenario(BaseModel):
    """What happens where most is lost: a core fails, or a sector is under stress."""

    kind: Literal["core_fails", "sector_stress"]
    id: str = Field(description="Of the core, or the sector; `-`: it is not known")
    name: str


class ChainLosses(BaseModel):
    """What is lent in the chain, and what is lost of it."""

    lent_fen: int = Field(description="Lent and promised")
    expected_fen: int = Field(description="Expected to be lost in a year")
    expected_largest: LargestLoss | None
    stressed_fen: int = Field(description="Lost in the scenario that costs most")
    stressed_largest: LargestLoss | None
    scenario: LossScenario | None = Field(description="Null where nothing is lent")


class ChainEffect(BaseModel):
    """The chain without the application and with it."""

    core: EffectFirm | None = Field(description="Null: what the firm borrows without a core")
    before: ChainLosses
    after: ChainLosses


class CapOfShare(BaseModel):
    """One cap that a share is of."""

    rule: str = Field(description="Of the rule pack, or the policy value that says it")
    source: str
    share: str = Field(description="Of what `base` names")
    base: Literal["net_capital", "tier1", "book"]
    cap_fen: int


class EffectShare(BaseModel):
    """What of the caps over one thing is taken, without the application and with it."""

    by: Literal["firm", "core", "sector", "group", "bank"]
    id: str = Field(description="`-`: the sector is not known")
    name: str
    before_fen: int
    after_fen: int
    cap_fen: int | None = Field(description="The tightest cap; null where there is none")
    share_before: str | None = Field(description="Of the tightest cap")
    share_after: str | None
    state_before: Literal["over", "near", "inside"]
    state_after: Literal["over", "near", "inside"]
    caps: list[CapOfShare] = Field(description="The tightest first")


class SinglePoint(BaseModel):
    """Where the firm stands among those that the core's supply cannot go around."""

    rank: int | None = Field(description="1: the costliest; null: supply goes around it")
    points: int = Field(description="How many there are")
    tier: int | None = Field(description="Null: it does not supply the core")
    purchases_fen: int = Field(description="What the core buys of all suppliers")
    starved: int = Field(description="First-tier suppliers that the core loses with it")
    starved_fen: int = Field(description="What the core buys of these")
    cut_off: int = Field(description="Firms that reach the core through it alone")
    cut_off_fen: int = Field(description="What these sell in the chain")
    sole: bool = Field(description="No path of supply goes around it")
    starves: list[EffectFirm] = Field(description="At most 20")
    cuts_off: list[EffectFirm] = Field(description="At most 20")


class Dependent(EffectFirm):
    """A firm that buys of the firm, or sells to it, so much that it depends on it."""

    how: Literal["buys", "sells"]
    amount_fen: int
    share: str = Field(description="Of all that it buys, or sells")


class Dependents(BaseModel):
    """Who depends on the firm, the largest trade first."""

    count: int
    from_share: str = Field(description="From this share on a firm depends")
    items: list[Dependent] = Field(description="At most 20")


class ApplicationEffect(BaseModel):
    """What an application would do to the bank, and what the firm is to others."""

    application: str
    state: State
    date: dt.date = Field(description="The business day whose rules and policy hold")
    version: int
    run: str
    policy: str
    firm: EffectFirm
    amount_fen: int = Field(description="What would be lent; of what is drawn, what is left of it")
    counted_fen: int = Field(description="What of it is lent and promised already")
    chain: ChainEffect
    shares: list[EffectShare]
    single_point: SinglePoint | None = Field(description="Null without a core")
    dependents: Dependents
