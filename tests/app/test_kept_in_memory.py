"""What a server keeps for the next reader: each kind within its bytes, whatever is asked for."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.chain.firms import directory
from app.chain.limits import results
from app.chain.limits.results import SORTS, Results
from app.chain.limits.stored import Stored
from app.data.versions.service import AskedVersion, version_and_run
from app.main import create_app
from app.platform.config import Settings
from tests.app.computing import Here
from tests.app.conftest import NOW

SMALL_MIB = 8


@pytest.fixture
def small(settings: Settings) -> Any:
    app = create_app(
        settings.model_copy(update={"kept_mib": SMALL_MIB}), now=lambda: NOW, computer=Here
    )
    with TestClient(app) as client:
        yield client


def folder_of(client: Any) -> Path:
    resources = client.app.state.resources
    _, run = version_and_run(resources, AskedVersion())
    assert run is not None
    return Path(resources.runs / run.folder)


def test_each_kind_takes_its_share_of_the_setting(small: Any, bearer: Any) -> None:
    whose = bearer("risk")
    kept = small.app.state.resources
    cores = Results(folder_of(small)).cores

    for core in cores:
        for path in (f"/api/v1/chains/{core}", f"/api/v1/chains/{core}/limits", f"/chains/{core}"):
            assert small.get(path, headers=whose).status_code == 200
    small.get("/cores", headers=whose)

    shelves = kept._shelves
    assert {"answers", "packed", "pictures", "drawings", "facilities"} <= set(shelves)
    assert sum(shelf.size_max for shelf in shelves.values()) <= SMALL_MIB * 2**20
    assert all(shelf.size <= shelf.size_max for shelf in shelves.values())
    assert shelves["pictures"].size > 0
    assert shelves["drawings"].size > 0


def test_limits_past_the_bound_push_out_those_read_before(small: Any, bearer: Any) -> None:
    whose, kept = bearer("risk"), small.app.state.resources.answers
    run = Results(folder_of(small))
    pairs = [(core, each.id) for core in run.cores for each in run.members(run.order(core))]
    kept.size_max = 4096

    for core, firm in pairs:
        assert small.get(f"/api/v1/chains/{core}/limits/{firm}", headers=whose).status_code == 200
        assert kept.size <= 4096

    assert len(kept) < len(pairs)


def test_orders_of_chains_stay_within_their_bytes(
    small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "ORDERS_BYTES_MAX", 2048)
    run = Results(folder_of(small))

    orders = {
        (core, sort, falling): run.order(core, sort, descending=falling)
        for core in run.cores
        for sort in SORTS
        for falling in (False, True)
    }

    assert run._orders.size <= 2048
    assert len(run._orders) < len(orders)
    assert all(
        run.order(core, sort, descending=falling) == order
        for (core, sort, falling), order in orders.items()
    )


def test_runs_are_counted_with_all_that_may_be_kept_of_them(small: Any) -> None:
    folder = folder_of(small)
    run, stored = Results(folder), Stored(folder)

    assert run.bytes >= stored.bytes + run._orders.size_max + run._named.size_max
    assert stored.bytes > stored.members.nbytes


def test_the_directory_of_firms_is_made_once_a_run(
    client: Any, bearer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    whole = directory.Directory.__init__

    def counted(self: Any, *given: Any) -> None:
        made.append(1)
        whole(self, *given)

    monkeypatch.setattr(directory.Directory, "__init__", counted)
    for query in ("a", "b", "c"):
        assert client.get(f"/firms?q={query}", headers=bearer("risk")).status_code == 200

    assert made == [1]


def test_a_server_hands_memory_out_of_one_pool_unless_told_how() -> None:
    script = (
        "import pyarrow as pa; from app.platform.server.memory import share_memory; share_memory();"
        "print(pa.default_memory_pool().backend_name)"
    )

    def says(**told: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONPATH": ":".join(sys.path), **told},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    assert says() == "system"
    assert says(ARROW_DEFAULT_MEMORY_POOL="mimalloc") == "mimalloc"
