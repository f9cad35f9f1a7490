"""Several processes that want the same thing at once: one makes it, the others wait for it."""

import datetime as dt
import multiprocessing
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pyarrow as pa
import pytest

from app.chain.runs.refreshing import refresh_version
from app.data.versions.networks import saved_or_built
from app.platform.config import Settings
from app.platform.deps import open_resources
from app.platform.errors import Unready
from app.platform.process.locks import locked
from graph.network import Network

NOW = dt.datetime(2026, 7, 15, 9, tzinfo=dt.UTC)
PROCESSES = 3
TRIES = 40
FIRMS = 300


def build(folder: Path, builder: int) -> Network:
    """Return a network, and leave a word of it."""
    (folder / f"built-{builder}").touch()
    ids = [f"F{at:04}" for at in range(FIRMS)]
    amounts = list(range(1, FIRMS))
    firms = pa.table({"firm": ids, "name": ids})
    return Network.build(
        firms, pa.table({"supplier": ids[1:], "buyer": ids[:-1], "amount_fen": amounts})
    )


def race(home: Path, number: int, start: Barrier) -> None:
    """Ask for a network that is not there, again and again, at the same moment as the others."""
    for at in range(TRIES):
        folder = home / f"{at}"
        folder.mkdir(exist_ok=True)
        start.wait()
        network = saved_or_built(folder / "networks" / "1", lambda: build(folder, number))  # noqa: B023
        assert int(network.out_amount_fen.sum()) == FIRMS * (FIRMS - 1) // 2
        assert len(network) == FIRMS


@pytest.mark.slow
def test_of_processes_that_build_one_network_at_once_one_builds_and_none_fails(
    tmp_path: Path,
) -> None:
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(PROCESSES, timeout=120)
    processes = [
        spawn.Process(target=race, args=(tmp_path, number, start)) for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(300)

    assert [process.exitcode for process in processes] == [0] * PROCESSES
    built = [len(list((tmp_path / f"{at}").glob("built-*"))) for at in range(TRIES)]
    assert built == [1] * TRIES


def test_of_two_that_refresh_one_version_at_once_one_computes(home: Path) -> None:
    shutil.rmtree(home / "runs")
    start = threading.Barrier(2)

    def refresh(_: int) -> bool:
        with open_resources(Settings(home=home), now=lambda: NOW) as resources:
            _ = resources.store, resources.records
            start.wait()
            return refresh_version(resources, None, progress=lambda *_: None).fresh

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(refresh, range(2))) == [False, True]


def test_who_waits_for_a_lock_in_vain_is_told(tmp_path: Path) -> None:
    with (
        locked(tmp_path / "new" / ".lock"),
        pytest.raises(Unready, match=r"\.lock was held for 0 s"),
        locked(tmp_path / "new" / ".lock", seconds=0),
    ):
        pass
