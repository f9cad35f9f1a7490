"""What the service and the child that computes say to each other."""

from dataclasses import dataclass

from app.platform.config import Settings
from app.risk.stress.repository import Part
from graph.scenarios import Scenario

IDLE_SECONDS = 900.0  # A child that had no order for so long ends, and gives its memory back.


@dataclass(frozen=True, slots=True)
class ScenarioOrder:
    """A scenario to compute, of a version, with what these settings name."""

    settings: Settings
    version: int
    scenario: Scenario
    part: Part = ""  # A further question about it; none: who loses what.
    cores: tuple[str, ...] | None = None  # Who is a core, where the scenario names any.


@dataclass(frozen=True, slots=True)
class Done:
    """It is computed and saved under this name."""

    scenario: str


@dataclass(frozen=True, slots=True)
class ScenarioFailed:
    """It was refused, or failed in a way that is foreseen."""

    error: Exception
