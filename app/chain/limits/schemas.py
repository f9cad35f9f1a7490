"""Shapes of limits and of their derivations."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.data.versions.schemas import Label, VersionHead

Direction = Literal["up", "down"]
Operation = Literal[
    "input",
    "policy",
    "absent",
    "sum",
    "product",
    "min",
    "max",
    "subtract",
    "divide",
    "floor",
    "clip",
]


class Source(BaseModel):
    """Where the value of a leaf comes from; of a step, what its absent children mean."""

    version: int | None = Field(None, description="Of a table: the version of the graph")
    table: str | None = Field(None, description="The table of that version")
    run: str | None = Field(None, description="Of an analysis: the run")
    analysis: str | None = Field(None, description="The analysis of that run")
    firm: str | None = Field(None, description="The firm that the analysis speaks of")
    count: int | None = Field(None, description="How many are summed in this one")
    book: int | None = Field(None, description="Of what happened on the platform: the book")
    event: int | None = Field(None, description="The event of that book that last changed it")
    document: str | None = Field(None, description="What was written down besides")
    estimated: bool | None = Field(None, description="Whether it was estimated from others")
    understated: list[Literal["revenue", "cost"]] | None = Field(
        None, description="What the firm states below its trades inside: the share is of the trades"
    )
    policy: str | None = Field(None, description="The policy's version")
    rule: str | None = Field(None, description="The policy's rule")
    key: str | None = Field(None, description="The row of a rule that is a table")
    reason: str | None = Field(None, description="Why there is no value")
    absent: dict[str, Literal["skipped", "zero"]] | None = Field(
        None, description="What the absence of a child, by its code, means for this step"
    )


class Node(BaseModel):
    """One step of a derivation; every value can be recomputed from the leaves."""

    code: str
    label: Label
    op: Operation
    value: int | str | None = Field(description="Whole fen and counts are numbers, the rest text")
    unit: Literal["fen", "share", "ratio", "rate", "days", "count"]
    children: list["Shown"]
    source: Source


class Withheld(BaseModel):
    """A step that this reader may not see: neither its value nor what is below it."""

    code: str
    label: Label
    op: Literal["withheld"]


Shown = Annotated[Node | Withheld, Field(discriminator="op")]
OWN = "What of a withheld part is the reader's own; null where nothing is withheld"


class Facility(BaseModel):
    """What the bank grants a chain."""

    limit_fen: int
    occupied_fen: int
    reserved_fen: int
    available_fen: int
    binding: str
    derivation: Node
    own: list[Shown] | None = Field(None, description=OWN)


class Named(BaseModel):
    """A firm by id and name."""

    id: str
    name: str


class Tier(BaseModel):
    """Sums of one tier on one side of a chain."""

    direction: Direction
    tier: int
    firms: int
    limit_fen: int
    reachable_fen: int


class Member(Named):
    """A firm of a chain and its limit; without one, `absent` says why."""

    direction: Direction
    tier: int
    limit_fen: int | None
    reachable_fen: int | None
    binding: str | None
    absent: str | None


class ChainLimits(VersionHead):
    """A chain's facility, tiers and firms."""

    core: Named
    facility: Facility | None
    absent: str | None = Field(None, description="Why there is no facility")
    derivation: None = Field(None, description="Stands beside `absent`: nothing was derived")
    tiers: list[Tier]
    firms: list[Member]
    next: str | None


class FirmLimit(VersionHead):
    """The limit of one firm in one chain, with its derivation."""

    core: Named
    firm: Named
    direction: Direction
    tier: int
    limit_fen: int | None
    reachable_fen: int | None
    binding: str | None
    absent: str | None
    derivation: Node | None
    reachable: Node | None
    own: list[Shown] | None = Field(None, description=OWN)


class Standing(BaseModel):
    """A firm's limit in one of its chains."""

    core: Named
    direction: Direction
    tier: int
    limit_fen: int | None
    reachable_fen: int | None
    binding: str | None
    absent: str | None


class FirmLimits(VersionHead):
    """A firm's limits in all its chains."""

    items: list[Standing]
    next: str | None
