"""
Scenarios as data: which firms are hit, by how much, and along what the shock runs.

A file holds `{"scenarios": [...]}`, or one scenario alone. A scenario has a `name` and `hits`; it
may name earlier scenarios that it `combines`, and firms that `close` altogether. A hit selects
firms by `firms`, `sectors`, `regions` and `cores`: a firm is hit if it is in every list that is
given. Its loss is one `share` along `channels`, or `down`, `up` and `unpaid` one by one:

    production  missing inputs, running downstream      `down`
    orders      missing orders, running upstream        `up`
    payments    debts that are not paid                 `unpaid`
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import yaml

from graph.errors import InvalidInput
from graph.structure.chains.search import TIERS_MAX

Reach = Literal["core", "suppliers", "buyers", "chain"]
REACHES: tuple[Reach, ...] = get_args(Reach)
CHANNELS = {"production": "down", "orders": "up", "payments": "unpaid"}
SHARES = tuple(CHANNELS.values())
SELECTORS = ("firms", "sectors", "regions", "cores")
USUAL = ("production", "orders")  # Channels of a share that names none.


@dataclass(frozen=True, slots=True)
class TextBounds:
    """How much a text of scenarios may hold; `hits` with those of scenarios that are combined."""

    characters: int = 1 << 20
    scenarios: int = 100
    hits: int = 100
    entries: int = 10_000  # Of a list of names.
    name: int = 200  # Characters.
    tiers: int = 20


BOUNDS = TextBounds()


@dataclass(frozen=True, slots=True)
class Hit:
    """
    Firms and the share that each of them loses at the start.

    Args:
        firms: Ids; like each of the next three an empty tuple selects everybody.
        sectors: Names of sectors.
        regions: Names of regions.
        cores: Ids of core enterprises.
        reach: What a core stands for: itself, its suppliers or its buyers through all tiers
            without itself, or its whole chain with itself.
        tiers_max: How many tiers of a chain count.
        tiers_min: The first of them that counts; 2 leaves the core's own partners out.
        down: Share of production lost, running downstream to buyers.
        up: The same, running upstream to suppliers.
        unpaid: Share of its debts that the firm does not pay.
    """

    firms: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    cores: tuple[str, ...] = ()
    reach: Reach = "core"
    tiers_max: int = TIERS_MAX
    tiers_min: int = 1
    down: float = 0.0
    up: float = 0.0
    unpaid: float = 0.0

    def __post_init__(self) -> None:
        faults = [*self._wrong_losses(), *self._wrong_places()]
        if faults:
            raise InvalidInput("; ".join(faults))

    def _wrong_losses(self) -> Iterator[str]:
        for name in SHARES:
            if not 0.0 <= getattr(self, name) <= 1.0:
                yield f"{name} {getattr(self, name)} is not in [0, 1]"
        if self.down == self.up == self.unpaid == 0.0:
            yield "a hit loses something: one of down, up, unpaid is above 0"

    def _wrong_places(self) -> Iterator[str]:
        if not any(getattr(self, name) for name in SELECTORS):
            yield "a hit selects by at least one of firms, sectors, regions, cores"
        if self.reach not in REACHES:
            yield f"reach {self.reach!r} is none of {', '.join(REACHES)}"
        if self.reach != "core" and not self.cores:
            yield f"reach {self.reach!r} is of cores, and none is named"
        if not 1 <= self.tiers_max <= BOUNDS.tiers:
            yield f"tiers_max {self.tiers_max} is not in 1 to {BOUNDS.tiers}"
        elif not 1 <= self.tiers_min <= self.tiers_max:
            yield f"tiers_min {self.tiers_min} is not in 1 to tiers_max {self.tiers_max}"
        if self.tiers_min > 1 and self.reach == "core":
            yield "tiers_min is of a chain: reach is suppliers, buyers or chain"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A name and what is hit; where two hits meet in a firm, the larger loss counts."""

    name: str
    hits: tuple[Hit, ...]

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InvalidInput("a scenario has a name")
        if not self.hits:
            raise InvalidInput(f"scenario {self.name!r} hits nobody")

    @property
    def channels(self) -> tuple[str, ...]:
        """
        Return the channels that anybody loses something in.

        Example:
            >>> Scenario("stop", (Hit(firms=("mill",), unpaid=0.5),)).channels
            ('payments',)
        """
        return tuple(c for c, name in CHANNELS.items() if any(getattr(h, name) for h in self.hits))

    @property
    def closed(self) -> tuple[str, ...] | None:
        """
        Return the ids of the firms that close, ascending, where that is all that happens.

        Example:
            >>> closing(["mill", "cars"]).closed
            ('cars', 'mill')
            >>> Scenario("half", (Hit(firms=("mill",), down=0.5),)).closed is None
            True
        """
        hit = self.hits[0]
        other = hit.sectors or hit.regions or hit.cores
        whole = all(getattr(hit, name) in (0.0, 1.0) for name in SHARES)
        return tuple(sorted(hit.firms)) if len(self.hits) == 1 and not other and whole else None

    def ordered(self) -> "Scenario":
        """Return the same scenario with hits and names in one order, however it was written."""
        kept = {
            replace(
                hit,
                firms=_sorted(hit.firms),
                sectors=_sorted(hit.sectors),
                regions=_sorted(hit.regions),
                cores=_sorted(hit.cores),
            )
            for hit in self.hits
        }
        return Scenario(self.name, tuple(sorted(kept, key=lambda hit: json.dumps(_entry(hit)))))


def closing(
    firms: Iterable[str], channels: Iterable[str] = tuple(CHANNELS), *, name: str = "closure"
) -> Scenario:
    """
    Return the scenario in which firms close altogether, along some channels: the short form.

    Raises:
        InvalidInput: There is no firm, or a channel that is none.

    Example:
        >>> closing(["mill"], ["orders"]).hits == (Hit(firms=("mill",), up=1.0),)
        True
    """
    wanted = tuple(channels)
    unknown = sorted(set(wanted) - set(CHANNELS))
    if unknown or not wanted:
        named = ", ".join(unknown) or "none"
        raise InvalidInput(f"channels: {named}; there are {', '.join(CHANNELS)}")
    down, up, unpaid = (float(channel in wanted) for channel in CHANNELS)
    hit = Hit(firms=tuple(dict.fromkeys(firms)), down=down, up=up, unpaid=unpaid)
    return Scenario(name, (hit,))


def combine(name: str, scenarios: Iterable[Scenario]) -> Scenario:
    """
    Return the scenario in which all of these happen at once.

    Where two of them hit the same firm, the larger loss counts, channel by channel: losses do not
    add up, and the order does not matter.

    Raises:
        InvalidInput: There is none to combine.

    Example:
        >>> flood = Scenario("flood", (Hit(regions=("3502",), down=0.4),))
        >>> strike = Scenario("strike", (Hit(firms=("mill",), down=1.0),))
        >>> len(combine("both", [flood, strike]).hits)
        2
    """
    return Scenario(name, tuple(dict.fromkeys(hit for each in scenarios for hit in each.hits)))


def plain(scenarios: Iterable[Scenario]) -> dict[str, Any]:
    """
    Return the document of scenarios, which `parse` reads back as the same.

    Example:
        >>> plain([Scenario("stop", (Hit(firms=("mill",), down=1.0, up=1.0),))])
        {'scenarios': [{'name': 'stop', 'hits': [{'firms': ['mill'], 'down': 1.0, 'up': 1.0}]}]}
    """
    every = [{"name": each.name, "hits": [_entry(hit) for hit in each.hits]} for each in scenarios]
    return {"scenarios": every}


def write(scenarios: Iterable[Scenario], form: Literal["yaml", "json"] = "yaml") -> str:
    """
    Return scenarios as a text that `read` reads back as the same.

    Example:
        >>> print(write([Scenario("stop", (Hit(firms=("mill",), down=1.0),))]), end="")
        scenarios:
        - name: stop
          hits:
          - firms:
            - mill
            down: 1.0
    """
    document = plain(scenarios)
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


def _sorted(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _entry(hit: Hit) -> dict[str, Any]:
    entry: dict[str, Any] = {
        name: list(getattr(hit, name)) for name in SELECTORS if getattr(hit, name)
    }
    if hit.reach != "core":
        entry |= {"reach": hit.reach, "tiers_max": hit.tiers_max}
    if hit.tiers_min > 1:
        entry["tiers_min"] = hit.tiers_min
    return entry | {name: getattr(hit, name) for name in SHARES if getattr(hit, name) > 0.0}
