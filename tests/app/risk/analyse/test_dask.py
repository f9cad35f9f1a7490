"""`analyse esri --dask`: the same files as with threads, through a real scheduler."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import LocalCluster
from typer.testing import CliRunner, Result

from app import cli
from graph.errors import ExecutorFailed, InvalidInput

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dask")]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=0,
        local_directory=str(tmp_path_factory.mktemp("workers")),
    ) as cluster:
        yield str(cluster.scheduler_address)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    firms = [f"{n},{n % 3},{50 + n}" for n in range(12)]
    trades = [f"{n},{(5 * n + k) % 12},{n + k + 1}" for n in range(12) for k in (1, 2)]
    for name, head, rows in (
        ("firms", "firm,sector,revenue", firms),
        ("trades", "supplier,buyer,amount", trades),
    ):
        (tmp_path / f"{name}.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return tmp_path


def run(folder: Path, out: str, *arguments: str) -> Result:
    files = [f"--{name}={folder / name}.csv" for name in ("firms", "trades")]
    given = ["analyse", "esri", *files, f"--out={folder / out}", *arguments]
    return CliRunner().invoke(cli.app, given, env={"DEEPTIER_HOME": str(folder / "var")})


@pytest.mark.parametrize("method", ["rounds", "fixed-point"])
def test_a_scheduler_writes_the_files_that_threads_write(
    folder: Path, address: str, method: str
) -> None:
    for name, place in (("here", []), ("there", [f"--dask={address}"])):
        losses = f"--losses={folder / name}-losses.csv"
        said = run(folder, f"{name}.csv", f"--method={method}", losses, *place)
        assert said.exit_code == 0, (said.output, said.exception)

    for each in ("", "-losses"):
        here, there = ((folder / f"{name}{each}.csv").read_bytes() for name in ("here", "there"))
        assert here == there
        assert here.count(b"\n") > 12
    assert list((folder / "var").iterdir()) == []  # The network is not left behind.


@pytest.mark.parametrize(
    ("place", "kind", "reason"),
    [
        ("there", InvalidInput, "no address of a scheduler: tcp://HOST:PORT"),
        ("tcp://127.0.0.1:1", ExecutorFailed, "no scheduler answers at tcp://127.0.0.1:1 within"),
    ],
)
def test_a_scheduler_that_is_not_there_is_refused_in_words(
    folder: Path, place: str, kind: type[Exception], reason: str
) -> None:
    said = run(folder, "out.csv", f"--dask={place}")

    assert said.exit_code == 1
    assert isinstance(said.exception, kind)
    assert reason in str(said.exception)
    assert not (folder / "out.csv").exists()
