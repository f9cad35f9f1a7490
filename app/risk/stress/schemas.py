"""What a scenario is made of."""

import hashlib
import json
from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from app.policy import Policy
from graph.errors import InvalidInput

Channel = Literal["production", "orders", "payments"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
CLOSED_MAX = 100
FORMAT = 1  # Of the stored files; another one makes another scenario.


class ScenarioRequest(BaseModel):
    """What `POST /scenarios` takes; a misspelt name is refused, not passed over."""

    model_config = ConfigDict(extra="forbid", strict=True)

    close: list[str] = Field(
        min_length=1, max_length=CLOSED_MAX, description="Ids of the firms that close"
    )
    channels: list[Channel] = Field(
        default_factory=lambda: list(CHANNELS),
        min_length=1,
        description="What the shock runs along: missing inputs, missing orders, unpaid claims",
    )
    version: int | None = Field(None, description="Version of the graph; the current by default")


@dataclass(frozen=True, slots=True)
class Scenario:
    """Firms that close together, and what the shock runs along."""

    close: tuple[str, ...]
    channels: tuple[Channel, ...] = CHANNELS

    def __post_init__(self) -> None:
        """Put both in one order, so that the same question has the same name."""
        unknown = set(self.channels) - set(CHANNELS)
        if unknown or not self.channels:
            named = ", ".join(sorted(unknown)) or "none"
            raise InvalidInput(f"channels: {named}; there are {', '.join(CHANNELS)}")
        if not 1 <= len(set(self.close)) <= CLOSED_MAX:
            raise InvalidInput(f"close: from 1 to {CLOSED_MAX} firms, not {len(set(self.close))}")
        object.__setattr__(self, "close", tuple(sorted(set(self.close))))
        object.__setattr__(self, "channels", tuple(c for c in CHANNELS if c in self.channels))

    def name(self, version: int, policy: Policy) -> str:
        """Return the scenario's id: a hash of all that its figures depend on."""
        facts = [FORMAT, version, policy.version, self.close, self.channels]
        written = json.dumps(facts, ensure_ascii=False).encode()
        return f"scenario-{version}-{hashlib.sha256(written).hexdigest()[:16]}"
