"""What a benchmark is held against, and what a process of its own needed."""

import subprocess
import sys
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

ROOT = Path(__file__).parents[2]
# The kernel's own mark: `ru_maxrss` of a started process includes what its parent held.
PEAK = """
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


def promise(
    benchmark: BenchmarkFixture,
    what: str,
    reached: float,
    *,
    unit: str = "",
    at_most: float | None = None,
    at_least: float | None = None,
) -> None:
    """Note a figure beside its target; report.py lists them all on top of the page."""
    kept = at_most is None or reached <= at_most
    kept = kept and (at_least is None or reached >= at_least)
    benchmark.extra_info.setdefault("promises", []).append(
        {
            "what": what,
            "reached": reached,
            "unit": unit,
            "at_most": at_most,
            "at_least": at_least,
            "kept": kept,
        }
    )


def record(
    benchmark: BenchmarkFixture,
    what: str,
    reached: float,
    *,
    unit: str,
    wished: float | None = None,
) -> None:
    """Note a figure of this machine, as it was loaded: it is held against nothing."""
    benchmark.extra_info.setdefault("records", []).append(
        {"what": what, "reached": reached, "unit": unit, "wished": wished}
    )


def median_seconds(benchmark: BenchmarkFixture) -> float:
    """Return the median of what was measured."""
    return float(benchmark.stats.stats.median)


def alone(script: str, *arguments: str | Path) -> tuple[list[str], float]:
    """Return the words a script printed in a process of its own, and its peak memory in GB."""
    done = subprocess.run(
        [sys.executable, "-c", script + PEAK, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    *words, peak = done.stdout.split()
    return words, int(peak) * 1024 / 1e9
