"""Work on a real cluster: a scheduler and two worker processes, one of them killed on the way."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from distributed import LocalCluster

from graph.contagion import (
    Economy,
    Observers,
    Production,
    Rules,
    Scenarios,
    bracket,
    esri,
    losses,
    observe,
    prepare,
)
from graph.errors import ExecutorFailed, InvalidInput, NotConverged
from graph.executors import Dask, Executor
from graph.executors import worker as there
from graph.spread.production.runs import CascadeRunner
from graph.spread.production.stored import load, save
from graph.testing.executing import ExecutorTests, Faulty, GatedExecutor, Squares
from graph.testing.waiting import until

FIRMS = 70  # More than a chunk holds: two workers have something to do.
EVERYBODY = Scenarios.alone(range(FIRMS))
NOWHERE = "tcp://127.0.0.1:1"
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dask")]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    place = str(tmp_path_factory.mktemp("workers"))
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=0,
        local_directory=place,
    ) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def dask(cluster: LocalCluster) -> Iterator[Dask]:
    with Dask(cluster.scheduler_address) as executor:
        yield executor


@pytest.fixture(scope="module")
def production() -> Production:
    random = np.random.default_rng(4)
    trades = 5 * FIRMS
    return prepare(
        Economy(
            FIRMS,
            random.integers(0, FIRMS, trades),
            random.integers(0, FIRMS, trades),
            random.lognormal(size=trades),
            classes=random.integers(0, 3, trades),
            sectors=random.integers(-1, 9, FIRMS),
            leakage=0.6,
        )
    )


@pytest.fixture(scope="module")
def shared(production: Production, tmp_path_factory: pytest.TempPathFactory) -> Production:
    folder = tmp_path_factory.mktemp("shared") / "network"
    save(production, folder)
    return load(folder)


class TestDask(ExecutorTests):
    @pytest.fixture
    def executor(self, dask: Dask) -> Executor:
        return dask


# --- The same bits as here ---------------------------------------------------------------------


@pytest.mark.parametrize("precision", ["double", "single"])
def test_an_index_has_the_bits_that_threads_give(
    production: Production, shared: Production, dask: Dask, precision: str
) -> None:
    wanted = esri(production, EVERYBODY, precision=precision)  # type: ignore[arg-type]
    done: list[int] = []
    found = esri(
        shared,
        EVERYBODY,
        precision=precision,  # type: ignore[arg-type]
        threads=dask,
        progress=done.append,
    )

    assert found.total.tobytes() == wanted.total.tobytes()
    assert found.rounds.tolist() == wanted.rounds.tolist()
    assert sum(done) == FIRMS


def test_losses_have_the_bits_that_threads_give(
    production: Production, shared: Production, dask: Dask
) -> None:
    watched = Observers(np.arange(FIRMS + 1) * 2, np.arange(2 * FIRMS) % FIRMS)
    seen = observe(shared, EVERYBODY, watched, threads=dask)
    assert seen.loss.tobytes() == observe(production, EVERYBODY, watched).loss.tobytes()

    every = losses(shared, EVERYBODY, threads=dask)
    for found, wanted in zip(every, losses(production, EVERYBODY), strict=True):
        assert found.rows.tolist() == wanted.rows.tolist()
        assert found.up.tobytes() == wanted.up.tobytes()


def test_brackets_have_the_bits_that_threads_give(
    production: Production, shared: Production, dask: Dask
) -> None:
    some = Scenarios.alone(range(0, FIRMS, 3))
    wanted = bracket(production, some, width=1e-5, threads=2)
    found = bracket(shared, some, width=1e-5, threads=dask)

    assert found.upper.tobytes() == wanted.upper.tobytes()
    assert found.lower.tobytes() == wanted.lower.tobytes()
    assert found.exact.tolist() == wanted.exact.tolist()


# --- What goes wrong ----------------------------------------------------------------------------


def test_a_killed_worker_costs_no_answer(
    production: Production, shared: Production, dask: Dask, tmp_path: Path
) -> None:
    gate = GatedExecutor(dask, tmp_path)
    with ThreadPoolExecutor(1) as aside:
        answer = aside.submit(esri, shared, EVERYBODY, threads=gate)
        until(lambda: len(gate.processes()) == 2)
        victim, survivor = gate.processes()
        os.kill(victim, signal.SIGKILL)
        gate.open()
        found = answer.result(timeout=120)

    assert found.total.tobytes() == esri(production, EVERYBODY).total.tobytes()
    assert victim != survivor
    assert len(gate.processes()) == 3  # Two chunks: the one that was lost ran twice.


def test_a_chunk_that_kills_every_worker_is_given_up(
    cluster: LocalCluster, dask: Dask, tmp_path: Path
) -> None:
    allowed, cluster.scheduler.allowed_failures = cluster.scheduler.allowed_failures, 1
    try:
        with pytest.raises(ExecutorFailed, match="chunk 0: its worker died each time"):
            list(dask.map(Faulty(marks=tmp_path, deadly=True), [5]))
    finally:
        cluster.scheduler.allowed_failures = allowed

    assert len(list(tmp_path.iterdir())) == 2
    assert list(dask.map(Squares(), [5])) == [25]


def test_a_failure_that_is_none_of_ours_is_tried_again(
    cluster: LocalCluster, tmp_path: Path
) -> None:
    with (
        Dask(cluster.scheduler_address, retries=1) as executor,
        pytest.raises(RuntimeError, match="no memory for 5"),
    ):
        list(executor.map(Faulty(marks=tmp_path), [5]))

    assert len(list(tmp_path.iterdir())) == 2


def test_a_chunk_may_take_longer_than_our_patience(cluster: LocalCluster, tmp_path: Path) -> None:
    with (
        Dask(cluster.scheduler_address, patience_s=1.0) as executor,
        ThreadPoolExecutor(1) as aside,
    ):
        executor._patience_s = 0.05
        gate = GatedExecutor(executor, tmp_path)
        answer = aside.submit(lambda: list(gate.map(Squares(), [7])))
        until(lambda: len(gate.processes()) == 1)
        with pytest.raises(TimeoutError):
            answer.result(timeout=0.3)
        gate.open()
        assert answer.result(timeout=120) == [49]


def test_an_index_that_does_not_settle_names_its_scenario(shared: Production, dask: Dask) -> None:
    scenarios = Scenarios(np.array([0, 0, 1]), np.array([3]), np.ones(1), np.ones(1))

    with pytest.raises(NotConverged, match="scenario 1: losses still moved"):
        esri(shared, scenarios, rules=Rules(1e-9, rounds_max=1), threads=dask)


def test_a_network_of_this_process_only_is_refused(production: Production, dask: Dask) -> None:
    with pytest.raises(InvalidInput, match="save it, and load it again"):
        esri(production, EVERYBODY, threads=dask)


def test_a_worker_that_does_not_see_the_folder_is_named(
    production: Production, dask: Dask, tmp_path: Path
) -> None:
    save(production, tmp_path / "network")
    lost = load(tmp_path / "network")
    shutil.rmtree(tmp_path / "network")

    with pytest.raises(ExecutorFailed, match=r"worker tcp://127.0.0.1:\d+: no prepared network in"):
        esri(lost, EVERYBODY, threads=dask)


def test_a_worker_that_sees_another_network_is_named(
    production: Production, dask: Dask, tmp_path: Path
) -> None:
    save(production, tmp_path / "network")
    first = load(tmp_path / "network")
    save(replace(production, weights=production.weights[::-1].copy()), tmp_path / "network")

    with pytest.raises(ExecutorFailed, match=r"worker tcp://.*another network stands in"):
        esri(first, EVERYBODY, threads=dask)


def test_a_worker_with_other_versions_is_refused_by_name() -> None:
    wanted = dict(there.versions())
    assert there.run(there.ChunkOrder(pickle.dumps(Squares()), 4, wanted)) == 16

    for name in ("python", "deeptier", "numba", "numpy"):
        said = there.run(there.ChunkOrder(pickle.dumps(Squares()), 4, wanted | {name: "0.0"}))
        assert str(said.error).startswith(f"worker of this process: {name} is {wanted[name]} there")


def test_a_process_keeps_few_works_and_each_once(shared: Production) -> None:
    orders = [
        there.ChunkOrder(
            pickle.dumps(CascadeRunner(shared, Rules(tolerance))), None, there.versions()
        )
        for tolerance in (0.1, 0.2, 0.3)
    ]
    first = there._made(orders[0])
    assert there._made(orders[0]) is first
    for order in orders:
        there._made(order)

    assert len(there._ready) == there.KEPT_MAX
    assert there._made(orders[0]) is not first


def test_a_worker_without_this_package_is_named(tmp_path: Path) -> None:
    (tmp_path / "graph.py").write_text("")
    command = [sys.executable, "-m", "dask", "worker", "--no-nanny", "--no-dashboard"]
    here = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1"}
    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster:
        address = cluster.scheduler_address
        with subprocess.Popen(
            [*command, "--local-directory", str(tmp_path), "--host", "127.0.0.1", address],
            env=here,
            cwd=tmp_path,
            stderr=subprocess.DEVNULL,
        ) as stranger:
            try:
                with (
                    Dask(address, retries=0) as executor,
                    pytest.raises(ExecutorFailed, match=r"worker tcp://.* cannot load this pack"),
                ):
                    list(executor.map(Squares(), [1]))
            finally:
                stranger.terminate()


def test_a_scheduler_without_workers_is_named() -> None:
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster,
        Dask(cluster.scheduler_address, patience_s=0.2) as executor,
        pytest.raises(ExecutorFailed, match=r"has no worker, after 0\.2 s"),
    ):
        list(executor.map(Squares(), [1]))


def test_a_scheduler_that_does_not_answer_is_named() -> None:
    with pytest.raises(ExecutorFailed, match=f"no scheduler answers at {NOWHERE} within 0.5 s"):
        Dask(NOWHERE, patience_s=0.5)


@pytest.mark.parametrize("address", ["there", "carrier-pigeon://there"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match=f"'{address}' is no address of a scheduler"):
        Dask(address, patience_s=0.5)


@pytest.mark.parametrize("bounds", [{"patience_s": 0.0}, {"retries": -1}])
def test_bounds_that_are_none_are_refused(bounds: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match="is too small"):
        Dask(NOWHERE, **bounds)  # type: ignore[arg-type]
