"""
Scenarios as data: which firms are hit, by how much, and along what the shock runs.

A file holds `{"scenarios": [...]}`. A scenario has a `name` and `hits`; it may name earlier
scenarios that it `combines`. A hit selects firms by `firms`, `sectors`, `regions` and `cores`: a
firm is hit if it is in every list that is given. Its loss is one `share` along `channels`, or
`down`, `up` and `unpaid` one by one:

    production  missing inputs, running downstream      `down`
    orders      missing orders, running upstream        `up`
    payments    debts that are not paid                 `unpaid`
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
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
TIERS_BOUND = 20
HIT_FIELDS = (*SELECTORS, "reach", "tiers_max", "share", "channels", *SHARES)
SCENARIO_FIELDS = ("name", "hits", "combines")


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
    down: float = 0.0
    up: float = 0.0
    unpaid: float = 0.0

    def __post_init__(self) -> None:
        faults = [
            f"{name} {getattr(self, name)} is not in [0, 1]"
            for name in SHARES
            if not 0.0 <= getattr(self, name) <= 1.0
        ]
        if not any(getattr(self, name) for name in SELECTORS):
            faults.append("a hit selects by at least one of firms, sectors, regions, cores")
        if self.down == self.up == self.unpaid == 0.0:
            faults.append("a hit loses something: one of down, up, unpaid is above 0")
        if self.reach not in REACHES:
            faults.append(f"reach {self.reach!r} is none of {', '.join(REACHES)}")
        if self.reach != "core" and not self.cores:
            faults.append(f"reach {self.reach!r} is of cores, and none is named")
        if not 1 <= self.tiers_max <= TIERS_BOUND:
            faults.append(f"tiers_max {self.tiers_max} is not in 1 to {TIERS_BOUND}")
        if faults:
            raise InvalidInput("; ".join(faults))


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


def parse(value: object) -> tuple[Scenario, ...]:
    """
    Return the scenarios of a plain document, in its order.

    Raises:
        InvalidInput: Something is not what it must be; every wrong field is named, with the value
            and what is allowed.

    Example:
        >>> hit = {"sectors": ["C26"], "share": 0.5, "channels": ["production"]}
        >>> parse({"scenarios": [{"name": "half", "hits": [hit]}]})[0].hits[0].down
        0.5
        >>> parse({"scenarios": [{"name": "x", "hits": [{"firms": ["a"], "share": 2}]}]})
        Traceback (most recent call last):
        ...
        graph.errors.InvalidInput: scenarios[0].hits[0].share: 2 is no number in [0, 1]
    """
    reader = _Reader()
    found: dict[str, Scenario] = {}
    top = reader.fields(value, "", ("scenarios",))
    for at, entry in enumerate(reader.entries(top.get("scenarios"), "scenarios")):
        path = f"scenarios[{at}]"
        scenario = _scenario(reader, entry, path, found)
        if scenario is not None and scenario.name in found:
            reader.refuse(f"{path}.name", scenario.name, "a name of its own")
        elif scenario is not None:
            found[scenario.name] = scenario
    if reader.faults:
        raise InvalidInput("; ".join(reader.faults))
    return tuple(found.values())


def read(text: str) -> tuple[Scenario, ...]:
    """
    Return the scenarios of a YAML or JSON text.

    Raises:
        InvalidInput: The text is neither, or as in `parse`.

    Example:
        >>> read("scenarios: [{name: a, hits: [{firms: [mill], share: 1}]}]")[0].hits[0].up
        1.0
    """
    try:
        # YAML 1.1 takes JSON's 1e-3 for a text.
        return parse(json.loads(text))
    except json.JSONDecodeError:
        pass
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InvalidInput(f"neither YAML nor JSON: {error}") from error
    return parse(value)


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


def _entry(hit: Hit) -> dict[str, Any]:
    entry: dict[str, Any] = {
        name: list(getattr(hit, name)) for name in SELECTORS if getattr(hit, name)
    }
    if hit.reach != "core":
        entry |= {"reach": hit.reach, "tiers_max": hit.tiers_max}
    return entry | {name: getattr(hit, name) for name in SHARES if getattr(hit, name) > 0.0}


@dataclass(slots=True)
class _Reader:
    """Reads fields and keeps what is wrong with them, each with its path."""

    faults: list[str] = field(default_factory=list)

    def refuse(self, path: str, value: object, allowed: str) -> None:
        """Keep a fault."""
        self.faults.append(f"{path or 'the document'}: {value!r} is no {allowed}")

    def fields(self, value: object, path: str, known: tuple[str, ...]) -> Mapping[str, object]:
        """Return a mapping without the fields that nobody knows."""
        if not isinstance(value, Mapping):
            self.refuse(path, value, "mapping of fields")
            return {}
        before = f"{path}." if path else ""
        for name in value:
            if name not in known:
                self.faults.append(f"{before}{name}: no such field; there are {', '.join(known)}")
        return {name: value[name] for name in known if name in value}

    def entries(self, value: object, path: str) -> list[object]:
        """Return a list that holds something."""
        if not isinstance(value, list) or not value:
            self.refuse(path, value, "list with at least one entry")
            return []
        return value

    def texts(self, value: object, path: str, allowed: Iterable[str] = ()) -> tuple[str, ...]:
        """Return distinct texts, of those allowed if any are named."""
        kept: list[str] = []
        words = tuple(allowed)
        for at, text in enumerate(self.entries(value, path)):
            if not isinstance(text, str) or not text:
                self.refuse(f"{path}[{at}]", text, "text (a number is quoted)")
            elif words and text not in words:
                self.refuse(f"{path}[{at}]", text, f"one of {', '.join(words)}")
            elif text in kept:
                self.faults.append(f"{path}[{at}]: {text!r} stands twice")
            else:
                kept.append(text)
        return tuple(kept)

    def share(self, value: object, path: str) -> float:
        """Return a number in [0, 1]."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
            self.refuse(path, value, "number in [0, 1]")
            return 0.0
        return float(value)


def _scenario(
    reader: _Reader, value: object, path: str, earlier: Mapping[str, Scenario]
) -> Scenario | None:
    before = len(reader.faults)
    fields = reader.fields(value, path, SCENARIO_FIELDS)
    name = fields.get("name")
    if not isinstance(name, str) or not name.strip():
        reader.refuse(f"{path}.name", name, "text")
    hits: list[Hit] = []
    if "combines" in fields:
        for other in reader.texts(fields["combines"], f"{path}.combines", earlier or ("",)):
            hits.extend(earlier[other].hits)
    if "hits" in fields or "combines" not in fields:
        for at, entry in enumerate(reader.entries(fields.get("hits"), f"{path}.hits")):
            hits.extend(_hit(reader, entry, f"{path}.hits[{at}]"))
    if len(reader.faults) > before:
        return None
    return Scenario(str(name), tuple(dict.fromkeys(hits)))


def _hit(reader: _Reader, value: object, path: str) -> list[Hit]:
    """Return the hit, or none where a field is wrong."""
    before = len(reader.faults)
    fields = reader.fields(value, path, HIT_FIELDS)
    found: dict[str, Any] = _shares(reader, fields, path)
    for name in SELECTORS:
        if name in fields:
            found[name] = reader.texts(fields[name], f"{path}.{name}")
    kinds: dict[str, tuple[str, Callable[[Any], bool]]] = {
        "reach": (f"one of {', '.join(REACHES)}", lambda word: word in REACHES),
        "tiers_max": (
            f"whole number in 1 to {TIERS_BOUND}",
            lambda n: isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= TIERS_BOUND,
        ),
    }
    for name, (allowed, fits) in kinds.items():
        if name in fields and not fits(fields[name]):
            reader.refuse(f"{path}.{name}", fields[name], allowed)
        elif name in fields:
            found[name] = fields[name]
    if len(reader.faults) > before:
        return []
    try:
        return [Hit(**found)]
    except InvalidInput as error:
        reader.faults.append(f"{path}: {error}")
        return []


def _shares(reader: _Reader, fields: Mapping[str, object], path: str) -> dict[str, float]:
    """Return the losses by channel, from one share or one by one."""
    if "share" not in fields:
        if "channels" in fields:
            reader.faults.append(f"{path}.channels: stands without the share that runs along them")
        return {
            name: reader.share(fields[name], f"{path}.{name}") for name in SHARES if name in fields
        }
    both = [name for name in SHARES if name in fields]
    if both:
        reader.faults.append(f"{path}.{both[0]}: stands beside share, which is all channels' loss")
    share = reader.share(fields["share"], f"{path}.share")
    channels = (
        reader.texts(fields["channels"], f"{path}.channels", CHANNELS)
        if "channels" in fields
        else USUAL
    )
    return {CHANNELS[name]: share for name in channels}
