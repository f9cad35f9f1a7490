"""Everything that is saved, compared with its digests: what `doctor --verify` looks at."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.chain.limits.stored import read_facts
from app.data.runs.repository import newest_run
from app.platform.console.progress import Step, quietly
from app.platform.deps import Resources
from graph import digests
from graph.errors import Damaged, InvalidInput, NotFound
from graph.network import files
from ingestion.lake.housekeeping import faults as lake_faults


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not as it was saved: where it lies in the data folder, and what it is."""

    place: str
    what: str


def faults(resources: Resources, *, progress: Step = quietly) -> list[Damage]:
    """
    Return everything in the data folder that is not as it was saved; every file is read.

    What a release without digests wrote cannot be compared: its networks and scenarios are made
    again when they are asked for, its runs are read as they are.
    """
    found: list[Damage] = []
    parts: Mapping[str, Callable[[], Iterable[Damage]]] = {
        "networks": lambda: _of_networks(resources.networks),
        "runs": lambda: _of_runs(resources.runs),
        "scenarios": lambda: _of_scenarios(resources.runs / "scenarios"),
        "lake": lambda: _of_lake(resources.home / "lake"),
    }
    for name, look in parts.items():
        progress(f"verify {name}", None)
        found += look()
    run = newest_run(resources.records)
    if run is not None and not (resources.runs / run.folder).is_dir():
        found.append(Damage(f"runs/{run.folder}", "is gone; the next refresh computes it again"))
    return found


def _of_lake(place: Path) -> Iterator[Damage]:
    return (Damage(f"lake/{name}", what) for name, what in lake_faults(place))


def _folders(place: Path) -> Iterator[Path]:
    if place.is_dir():
        yield from sorted(
            path for path in place.iterdir() if path.is_dir() and not path.name.startswith(".")
        )


def _of_networks(place: Path) -> Iterator[Damage]:
    for folder in _folders(place):
        try:
            files.header(folder)
        except (InvalidInput, NotFound, ValueError):
            continue  # Of another form.
        except Damaged as error:
            yield Damage(f"networks/{folder.name}", str(error))
            continue
        yield from _compared(f"networks/{folder.name}", folder)


def _of_runs(place: Path) -> Iterator[Damage]:
    for folder in _folders(place):
        if folder.name == "scenarios":
            continue
        try:
            read_facts(folder)
        except (Damaged, NotFound) as error:
            yield Damage(f"runs/{folder.name}", str(error))
            continue
        if digests.is_sealed(folder):
            yield from _compared(f"runs/{folder.name}", folder)


def _of_scenarios(place: Path) -> Iterator[Damage]:
    for folder in _folders(place):
        if digests.is_sealed(folder):
            yield from _compared(f"runs/scenarios/{folder.name}", folder)


def _compared(place: str, folder: Path) -> Iterator[Damage]:
    for what in digests.faults(folder):
        yield Damage(place, what)
