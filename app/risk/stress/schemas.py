"""What a scenario is asked for with: the language of `graph.scenarios`, and its short form."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.policy import Policy
from graph.errors import InvalidInput
from graph.scenarios import BOUNDS, Reach, Scenario, closing, nearest, parse, plain

Channel = Literal["production", "orders", "payments"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
CLOSED_MAX = 100
FORMAT = 1  # Of the stored files; another one makes another scenario.
ONE_OF = ("close", "hits", "scenarios")


class _RequestPart(BaseModel):
    """A part of a request; a misspelt name is refused, not passed over."""

    model_config = ConfigDict(extra="forbid", strict=True)


class HitForm(_RequestPart):
    """Firms, those in every list that is given, and what each of them loses at the start."""

    firms: list[str] = Field(
        default_factory=list, min_length=1, max_length=BOUNDS.entries, description="Ids of firms"
    )
    sectors: list[str] = Field(
        default_factory=list, min_length=1, max_length=BOUNDS.entries, description="Sectors"
    )
    regions: list[str] = Field(
        default_factory=list, min_length=1, max_length=BOUNDS.entries, description="Regions"
    )
    cores: list[str] = Field(
        default_factory=list, min_length=1, max_length=BOUNDS.entries, description="Ids of cores"
    )
    reach: Reach = Field("core", description="What a core stands for: itself, or of its chain")
    tiers_min: int = Field(
        1, ge=1, le=BOUNDS.tiers, description="First tier of a chain that counts"
    )
    tiers_max: int = Field(5, ge=1, le=BOUNDS.tiers, description="Last tier of a chain that counts")
    share: float = Field(1.0, ge=0, le=1, description="Share that is lost along the channels")
    channels: list[Channel] = Field(
        ["production", "orders"], min_length=1, description="What the share runs along"
    )
    down: float = Field(0.0, ge=0, le=1, description="Lost production that runs to buyers")
    up: float = Field(0.0, ge=0, le=1, description="Lost production that runs to suppliers")
    unpaid: float = Field(0.0, ge=0, le=1, description="Share of its debts that is not paid")


class ScenarioForm(_RequestPart):
    """A scenario of a file: what is hit, who closes, and what it combines of those before it."""

    name: str = Field(min_length=1, max_length=BOUNDS.name, description="A name of its own")
    hits: list[HitForm] = Field(
        default_factory=list, min_length=1, max_length=BOUNDS.hits, description="What is hit"
    )
    close: list[str] = Field(
        default_factory=list,
        min_length=1,
        max_length=BOUNDS.entries,
        description="Ids of firms that close altogether",
    )
    channels: list[Channel] = Field(
        list(CHANNELS), min_length=1, description="What closing runs along"
    )
    combines: list[str] = Field(
        default_factory=list,
        min_length=1,
        max_length=BOUNDS.scenarios,
        description="Names of scenarios before it",
    )


class ScenarioRequest(_RequestPart):
    """
    What `POST /scenarios` takes: a scenario, firms that close, or a file of scenarios.

    `close` with `channels` is the short form of a hit that loses everything.
    """

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": [name]} for name in ONE_OF]}
    )

    close: list[str] = Field(
        default_factory=list,
        min_length=1,
        max_length=CLOSED_MAX,
        description="Ids of the firms that close",
    )
    channels: list[Channel] = Field(
        list(CHANNELS),
        min_length=1,
        description="What the shock runs along: missing inputs, missing orders, unpaid claims",
    )
    name: str = Field(
        default_factory=str,
        min_length=1,
        max_length=BOUNDS.name,
        description="Of the scenario; which one of several",
    )
    hits: list[HitForm] = Field(
        default_factory=list, min_length=1, max_length=BOUNDS.hits, description="What is hit"
    )
    scenarios: list[ScenarioForm] = Field(
        default_factory=list,
        min_length=1,
        max_length=BOUNDS.scenarios,
        description="A whole file of scenarios",
    )
    version: int | None = Field(None, description="Version of the graph; the current by default")

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not any(getattr(self, name) for name in ONE_OF):
            raise ValueError(f"one of {', '.join(ONE_OF)} says what happens")
        return self

    @property
    def scenario(self) -> Scenario:
        """
        Return the scenario that is asked for.

        Raises:
            InvalidInput: It makes no sense; every wrong field is named.
        """
        if self.close and not (self.hits or self.scenarios):
            return closure(self.close, self.channels)
        asked = self.model_dump(exclude_unset=True, exclude={"version"})
        name = asked.pop("name", None) if self.scenarios else None
        return chosen(parse(asked), name)


def closure(close: Iterable[str], channels: Iterable[str] = CHANNELS) -> Scenario:
    """
    Return the scenario in which some firms close together.

    Raises:
        InvalidInput: There is no firm, there are too many, or a channel is none.

    Example:
        >>> closure(["mill", "cars", "mill"], ["orders"]).closed
        ('cars', 'mill')
    """
    firms = sorted(set(close))
    if not 1 <= len(firms) <= CLOSED_MAX:
        raise InvalidInput(f"close: from 1 to {CLOSED_MAX} firms, not {len(firms)}")
    return closing(firms, channels)


def chosen(scenarios: Sequence[Scenario], name: str | None) -> Scenario:
    """
    Return the scenario of a file that is meant: the one of that name, or the only one.

    Raises:
        InvalidInput: There is none of that name, or there are several and none is named.
    """
    known = {each.name: each for each in scenarios}
    if name is not None and name not in known:
        raise InvalidInput(f"name: no scenario {name!r} here{nearest(name, known)}")
    if name is None and len(known) > 1:
        raise InvalidInput(f"name: which of {', '.join(known)} is meant?")
    return scenarios[0] if name is None else known[name]


def id_of(scenario: Scenario, version: int, policy: Policy) -> str:
    """
    Return a scenario's id: a hash of all that its figures depend on, and of its name.

    One that only closes firms is known by them; so it is the same in its short form.
    """
    facts: list[object] = [FORMAT, version, policy.version]
    if is_closure(scenario):
        facts += [scenario.closed, scenario.channels]
    else:
        facts += [scenario.name, plain([scenario.ordered()])["scenarios"][0]["hits"]]
    written = json.dumps(facts, ensure_ascii=False).encode()
    return f"scenario-{version}-{hashlib.sha256(written).hexdigest()[:16]}"


def is_closure(scenario: Scenario) -> bool:
    """Return whether a scenario is one that its short form can say."""
    return scenario.closed is not None and len(scenario.closed) <= CLOSED_MAX
