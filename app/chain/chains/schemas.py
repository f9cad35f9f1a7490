"""Shapes of cores and chains."""

from pydantic import BaseModel, Field

from app.chain.limits.schemas import Direction, Named
from app.data.versions.schemas import VersionHead


class Core(Named):
    """A core enterprise."""

    firms: int | None = Field(description="Firms of its chain; null before its first run")


class Cores(BaseModel):
    """Cores in order of their ids."""

    items: list[Core]
    next: str | None


class ChainTier(BaseModel):
    """One tier on one side of a chain."""

    direction: Direction
    tier: int
    firms: int
    amount_fen: int = Field(description="Trade with partners one tier nearer the core")


class ChainMember(Named):
    """A firm of a chain."""

    direction: Direction
    tier: int
    amount_fen: int | None = Field(description="Null where a core may not know it")
    via: str | None = Field(description="Its main partner one tier nearer the core")


class Chain(VersionHead):
    """A chain: its tiers and, a page at a time, its firms."""

    core: Named
    tiers: list[ChainTier]
    firms: list[ChainMember]
    next: str | None


class Tiers(VersionHead):
    """The tiers of a chain."""

    core: Named
    items: list[ChainTier]
    next: str | None


class GraphNode(BaseModel):
    """A firm, or a group of firms of one tier; to a core, `amount_fen` is the whole tier's."""

    node: str
    name: str
    direction: Direction | None
    tier: int
    firms: int
    amount_fen: int | None = Field(description="Null where a core may not know it")


class GraphEdge(BaseModel):
    """Trade between two nodes."""

    supplier: str
    buyer: str
    amount_fen: int


class Graph(VersionHead):
    """A chain for drawing."""

    core: Named
    groups: str
    nodes: list[GraphNode]
    edges: list[GraphEdge]
