"""What a benchmark is held against, and what a process of its own needed."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
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


def beside(
    ours: Callable[[], object], twin: Callable[[], object], *, times: int = 3
) -> tuple[float, float]:
    """
    Return what either takes, in seconds of the processor: medians of calls that took turns.

    Both run once before; what else the machine does meets both alike.
    """
    ours(), twin()
    spent = [(processor(ours), processor(twin)) for _ in range(times)]
    one, two = np.median(spent, axis=0).tolist()
    return one, two


def processor(run: Callable[[], object]) -> float:
    """Return the seconds of the processor that a call takes, those of its threads included."""
    began = time.process_time()
    run()
    return time.process_time() - began


def record(benchmark: BenchmarkFixture, what: str, reached: float, *, unit: str) -> None:
    """Note a figure of this machine, as it was loaded: it is held against nothing."""
    benchmark.extra_info.setdefault("records", []).append(
        {"what": what, "reached": reached, "unit": unit}
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
