"""A changed byte in a saved file: found before any figure is made of it, mended where it can."""

import datetime as dt
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.chain.limits.results import open_results
from app.chain.runs.refreshing import refresh_version
from app.cli import verifying
from app.data.runs.repository import newest_run
from app.data.versions import networks
from app.data.versions.networks import network_of
from app.jobs.running import run_job
from app.jobs.tasks import TASKS
from app.main import create_app
from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from app.policy.loader import SHIPPED
from graph import digests
from graph.errors import Damaged
from graph.network import Network
from ingestion.lake import Lake
from tests.app.conftest import Bearer
from tests.graph.effort import is_whole

NOW = dt.datetime(2026, 7, 15, 9, tzinfo=dt.UTC)
LIMITS = "/api/v1/chains/CORE1/limits"
ROOT = Path(__file__).parent.parent.parent
FIRST, MIDDLE, LAST = 0.0, 0.5, 1.0


def flipped(path: Path, share: float = MIDDLE) -> None:
    """Change one bit of a file in place."""
    content = bytearray(path.read_bytes())
    content[round(share * (len(content) - 1))] ^= 1
    path.write_bytes(content)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2])


def gone(path: Path) -> None:
    path.unlink()


def foreign(path: Path) -> None:
    path.with_name(f"more-{path.name}").write_bytes(path.read_bytes())


HURTS: list[Callable[[Path], None]] = [
    lambda path: flipped(path, FIRST),
    flipped,
    lambda path: flipped(path, LAST),
    emptied,
    cut,
    gone,
    foreign,
]


def hurts_of(at: int) -> list[Callable[[Path], None]]:
    """Return how the file of this number is hurt: in every way in a whole run, else in three."""
    return HURTS if is_whole() else [HURTS[(3 * at + step) % len(HURTS)] for step in range(3)]


@pytest.fixture
def resources(home: Path) -> Iterator[Resources]:
    with open_resources(Settings(home=home), now=lambda: NOW) as resources:
        yield resources


def saved(folder: Path) -> list[str]:
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return sorted(names)


def figures(network: Network) -> list[bytes]:
    arrays = [network.out_indptr, network.out_indices, network.out_amount_fen]
    arrays += [network.in_indptr, network.in_indices, network.in_amount_fen, network.sales_fen]
    return [each.tobytes() for each in arrays]


def test_a_network_with_any_file_hurt_in_any_way_is_set_apart_and_built_again(
    resources: Resources,
) -> None:
    place = resources.networks / "1"
    whole = network_of(resources, 1)
    known = figures(whole)
    names = saved(place)
    hurts = [(name, hurt) for at, name in enumerate(names) for hurt in hurts_of(at)]
    assert {hurt for _, hurt in hurts} == set(HURTS)

    for count, (name, hurt) in enumerate(hurts, start=1):
        hurt(place / name)
        with pytest.raises(Damaged):
            Network.open(place)
        networks.OPEN.clear()  # As another process sees it.

        again = network_of(resources, 1)

        assert figures(again) == known, name
        assert again.attributes.equals(whole.attributes), name
        assert saved(place) == names
        apart = list((resources.home / "damaged").iterdir())
        assert len(apart) == count
        assert all((each / "reason.txt").read_text("utf-8") for each in apart)


def test_a_run_with_any_file_hurt_in_any_way_is_never_read(
    resources: Resources, tmp_path: Path
) -> None:
    run = newest_run(resources.records)
    assert run is not None
    folder = resources.runs / run.folder
    for at, name in enumerate(saved(folder)):
        for count, hurt in enumerate(hurts_of(at)):
            copy = Path(shutil.copytree(folder, tmp_path / f"{name.replace('/', '-')}-{count}"))
            hurt(copy / name)

            with pytest.raises(Damaged):
                open_results(copy)


def test_a_damaged_run_is_unready_until_it_is_computed_again_with_the_same_bytes(
    client: TestClient, bearer: Any, settings: Settings
) -> None:
    headers = bearer("risk")
    resources: Resources = client.app.state.resources  # type: ignore[attr-defined]
    run = newest_run(resources.records)
    assert run is not None
    folder = resources.runs / run.folder
    before = {name: (folder / name).read_bytes() for name in saved(folder)}
    flipped(folder / "members.parquet")

    refused = client.get(LIMITS, headers=headers)
    again = client.get("/api/v1/cores", headers=headers)
    due = TASKS["mend"].due(resources)
    mended = run_job(resources, "mend", by="test")
    read = client.get(LIMITS, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (503, "damaged")
    assert "members.parquet was changed" in refused.json()["detail"]
    assert again.status_code == 503
    assert due
    assert mended["state"] == "done"
    assert read.status_code == 200
    run = newest_run(resources.records)
    assert run is not None
    again_folder = resources.runs / run.folder  # Of another name where the book has moved since.
    after = {name: (again_folder / name).read_bytes() for name in saved(again_folder)}
    told = {"run.json", "digests.json"}  # They name the run.
    assert {name: after[name] for name in before.keys() - told} == {
        name: before[name] for name in before.keys() - told
    }
    assert not TASKS["mend"].due(resources)


def test_a_refresh_computes_a_damaged_run_again(resources: Resources) -> None:
    run = newest_run(resources.records)
    assert run is not None
    gone(resources.runs / run.folder / "claims.parquet")

    fresh = refresh_version(resources, 1, progress=lambda *_: None)

    assert (fresh.run, fresh.fresh) == (run.run, True)
    assert digests.faults(fresh.folder) == []


def test_a_run_of_a_release_without_digests_is_read_as_it_is(
    resources: Resources, tmp_path: Path
) -> None:
    run = newest_run(resources.records)
    assert run is not None
    old = Path(shutil.copytree(resources.runs / run.folder, tmp_path / "old"))
    (old / digests.MANIFEST).unlink()
    said = json.loads((old / "run.json").read_text(encoding="utf-8"))
    del said["sealed"]
    (old / "run.json").write_text(json.dumps(said), encoding="utf-8")

    assert open_results(old).cores == ["CORE1", "CORE2"]


def test_a_damaged_scenario_is_not_read_and_computed_again_when_it_is_posted(
    client: TestClient, bearer: Any
) -> None:
    headers = bearer("risk")
    body = {"close": ["CORE1"], "channels": ["production", "orders", "payments"]}
    posted = client.post("/api/v1/scenarios", json=body, headers=headers)
    place = f"/api/v1/scenarios/{posted.json()['scenario']}"
    home: Path = client.app.state.resources.home  # type: ignore[attr-defined]
    flipped(home / "runs" / "scenarios" / posted.json()["scenario"] / "scenario.json")

    refused = client.get(place, headers=headers)
    again = client.post("/api/v1/scenarios", json=body, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (503, "damaged")
    assert again.json() == posted.json()
    assert client.get(place, headers=headers).status_code == 200


@pytest.mark.parametrize("table", ["parts", "parties", "manifests"])
def test_a_damaged_lake_is_not_read(resources: Resources, table: str) -> None:
    pattern = "*invoices*" if table == "parts" else "*"
    (path,) = (resources.home / "lake" / table).glob(pattern)
    flipped(path)

    with pytest.raises(Damaged):
        Lake(resources.home / "lake").invoices_of(1, "ORE", "PART")


def test_everything_that_is_not_as_it_was_saved_is_named_at_once(resources: Resources) -> None:
    network_of(resources, 1)
    run = newest_run(resources.records)
    assert run is not None
    assert verifying.faults(resources) == []
    flipped(resources.networks / "1" / "sales_fen.npy")
    flipped(resources.runs / run.folder / "names.parquet", LAST)
    lake = resources.home / "lake"
    (part,) = (lake / "parts").glob("receivables*")
    flipped(part)

    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "doctor", "--verify", "--json"],
        env={"DEEPTIER_HOME": str(resources.home), "PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    said = {each["place"]: each["what"] for each in json.loads(done.stdout)["faults"]}
    assert done.returncode == 1
    assert set(said) == {"networks/1", f"runs/{run.folder}", f"lake/parts/{part.name}"}
    assert "sales_fen.npy was changed" in said["networks/1"]


def test_another_policy_file_laid_into_a_run_is_damage(
    resources: Resources, tmp_path: Path
) -> None:
    run = newest_run(resources.records)
    assert run is not None
    copy = Path(shutil.copytree(resources.runs / run.folder, tmp_path / "copy"))
    shutil.copy(next(SHIPPED.glob("*.yml")), copy / "policy" / "another.yml")

    with pytest.raises(Damaged, match=r"policy/another\.yml was not saved with it"):
        open_results(copy)


def test_policies_that_cannot_be_read_are_not_the_reader_s_fault(
    home: Path, bearer: Bearer, tmp_path: Path
) -> None:
    folder = tmp_path / "policies"
    shutil.copytree(SHIPPED, folder)
    (file,) = folder.iterdir()
    whole = file.read_text(encoding="utf-8")
    asked = {"url": "/api/v1/firms/CORE1", "headers": bearer("risk")}
    app = create_app(Settings(home=home, policy=folder), now=lambda: NOW)
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get(**asked).status_code == 200
        file.write_text(whole.replace("  omega:", "  omegas:"), encoding="utf-8")
        answer = client.get(**asked)
        limits = client.get(LIMITS, headers=bearer("risk"))  # Of a run, which has its own.
        file.write_text(whole.replace("from: 2015", "from: 2099"), encoding="utf-8")
        early = client.get(**asked)
        file.write_text(whole, encoding="utf-8")
        mended = client.get(**asked)

    assert (answer.status_code, answer.json()["code"]) == (503, "unready")
    assert "missing values ['values.omega']; unknown values ['values.omegas']" in answer.text
    assert limits.status_code == 200
    assert (early.status_code, mended.status_code) == (503, 200)
