"""What a command is asked: which scenario, of which version, under which policy."""

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from app.chain.chains.cores import cores_of
from app.data.versions.service import policy_of
from app.platform.deps import Resources
from app.risk.stress.files import scenario_in, scenario_of, scenarios_in
from app.risk.stress.parts import Ground, VersionGround
from app.risk.stress.repository import NAME, ScenarioFolder, folder_of
from app.risk.stress.schemas import CHANNELS, chosen, closure
from app.risk.stress.service import ScenarioStores
from graph.errors import InvalidInput
from graph.scenarios import Scenario

AMOUNT = re.compile(r"[0-9]{1,20}([.][0-9]{1,2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class StressQuestion:
    """
    What a command was given.

    Args:
        close: Ids of firms that close.
        channels: What closing runs along, separated by commas; None: everything.
        source: A file of scenarios, or the id of one that was run.
        name: Which scenario of the file.
    """

    close: tuple[str, ...] = ()
    channels: str | None = None
    source: str | None = None
    name: str | None = None

    @property
    def stored(self) -> str | None:
        """Return the id of the scenario that was run, where one is meant."""
        return self.source if self.source and NAME.fullmatch(self.source) else None


def placed(resources: Resources, asked: StressQuestion, version: int | None) -> Ground:
    """
    Return the scenario that is asked for, at its version.

    Raises:
        InvalidInput: It is not said what happens, or twice, or not rightly.
        Absent: There is no such version, or no scenario of that id was run.
    """
    scenario, of = _scenario(resources, asked)
    return at(resources, scenario, of if version is None else version)


def other_of(resources: Resources, asked: StressQuestion, other: str, version: int) -> Ground:
    """
    Return the scenario that another one is compared with.

    Args:
        resources: What is configured.
        asked: The scenario that was given.
        other: The name of another one in its file, a file, or the id of one that was run.
        version: Of the graph, unless the other was run for one of its own.
    """
    if asked.source is not None and asked.stored is None:
        beside = scenarios_in(Path(asked.source))
        if other in [each.name for each in beside]:
            return at(resources, chosen(beside, other), version)
    found = StressQuestion(source=other)
    return placed(resources, found, None if found.stored else version)


def at(resources: Resources, scenario: Scenario, version: int | None) -> Ground:
    """Return a scenario at a version, the current one by default."""
    ground = version_at(resources, version)
    named = any(hit.cores for hit in scenario.hits)
    cores = cores_of(resources, ground.stores.reader.version.number) if named else None
    return Ground(ground.stores, ground.policy, scenario, cores)


def version_at(resources: Resources, version: int | None) -> VersionGround:
    """Return a version to ask of, the current one by default."""
    reader = resources.store.reader(resources.version(version).number)
    stores = ScenarioStores.under(reader, resources.home)
    return VersionGround(stores, policy_of(resources, reader.version.as_of))


def _scenario(resources: Resources, asked: StressQuestion) -> tuple[Scenario, int | None]:
    """Return the scenario, and its version where one is meant that was run."""
    if asked.source is None:
        if asked.name is not None:
            raise InvalidInput("--name is of a scenario in a file: give --scenario FILE")
        return closure(asked.close, _channels(asked.channels)), None
    if asked.close or asked.channels is not None:
        raise InvalidInput("--close and --channels are another scenario than --scenario")
    if asked.stored is None:
        return scenario_in(Path(asked.source), asked.name), None
    document = ScenarioFolder(folder_of(resources)).read(asked.stored)
    return scenario_of(document), int(document["version"])


def _channels(written: str | None) -> tuple[str, ...]:
    names = [name.strip() for name in (written or "").split(",") if name.strip()]
    if unknown := [name for name in names if name not in CHANNELS]:
        raise InvalidInput(f"no channel {unknown[0]!r}; there are {', '.join(CHANNELS)}")
    return tuple(names) if written is not None else CHANNELS


def fen_of(option: str, written: str) -> int:
    """
    Return an amount in yuan, as it is written, in fen.

    Raises:
        InvalidInput: It is no amount of whole fen above nothing.

    Example:
        >>> fen_of("--rescue", "1,200,000.50")
        120000050
    """
    if not AMOUNT.fullmatch(written.replace(",", "")):
        raise InvalidInput(f"{option}: {written!r} is no amount in yuan, such as 1200000.50")
    amount_fen = int(Decimal(written.replace(",", "")).scaleb(2))
    if not 0 < amount_fen < 2**62:
        raise InvalidInput(f"{option}: {written!r} is not above 0, or too large")
    return amount_fen
