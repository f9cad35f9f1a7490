"""What a command is asked: which scenario, of which version, under which policy."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from app.chain.chains.cores import cores_of
from app.platform.console.progress import Step
from app.platform.deps import Resources
from app.platform.documents import Document
from app.policy import Policy, in_force, load_policies, shipped
from app.risk.stress.files import scenario_in, scenario_of
from app.risk.stress.repository import NAME, Scenarios
from app.risk.stress.schemas import CHANNELS, closure
from app.risk.stress.service import Place, run_scenario
from graph.errors import InvalidInput
from graph.scenarios import Scenario


@dataclass(frozen=True, slots=True)
class Asked:
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


@dataclass(frozen=True, slots=True)
class Stressed:
    """A scenario at its place: everything that questions about it need."""

    place: Place
    scenario: Scenario
    policy: Policy
    cores: Collection[str] | None

    def losses(self, progress: Step) -> Document:
        """Return who loses what; computed where it is not there yet."""
        return run_scenario(
            self.place, self.scenario, self.policy, cores=self.cores, progress=progress
        )


def placed(resources: Resources, asked: Asked, version: int | None) -> Stressed:
    """
    Return the scenario that is asked for, at its version.

    Raises:
        InvalidInput: It is not said what happens, or twice, or not rightly.
        Absent: There is no such version, or no scenario of that id was run.
    """
    scenario, of = _scenario(resources, asked)
    return at(resources, scenario, of if version is None else version)


def at(resources: Resources, scenario: Scenario, version: int | None) -> Stressed:
    """Return a scenario at a version, the current one by default."""
    number = resources.version(version).number
    reader = resources.store.reader(number)
    folder = resources.settings.policy
    policy = in_force(load_policies(folder) if folder else shipped(), reader.version.as_of)
    named = any(hit.cores for hit in scenario.hits)
    cores = cores_of(resources, number) if named else None
    return Stressed(Place.under(reader, resources.home), scenario, policy, cores)


def _scenario(resources: Resources, asked: Asked) -> tuple[Scenario, int | None]:
    """Return the scenario, and its version where one is meant that was run."""
    if asked.source is None:
        if asked.name is not None:
            raise InvalidInput("--name is of a scenario in a file: give --scenario FILE")
        return closure(asked.close, _channels(asked.channels)), None
    if asked.close or asked.channels is not None:
        raise InvalidInput("--close and --channels are another scenario than --scenario")
    if asked.stored is None:
        return scenario_in(Path(asked.source), asked.name), None
    document = Scenarios(resources.runs / "scenarios").read(asked.stored)
    return scenario_of(document), int(document["version"])


def _channels(written: str | None) -> tuple[str, ...]:
    names = [name.strip() for name in (written or "").split(",") if name.strip()]
    if unknown := [name for name in names if name not in CHANNELS]:
        raise InvalidInput(f"no channel {unknown[0]!r}; there are {', '.join(CHANNELS)}")
    return tuple(names) if written is not None else CHANNELS
