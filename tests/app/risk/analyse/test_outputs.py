"""What `analyse` writes: never over its input, never one output over another, whole or not."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app import cli
from app.platform.files.whole import together
from app.risk.analyse import writing
from graph.errors import InvalidInput

BANKS = "firm,equity\nA,10\nB,5\n"
CLAIMS = "creditor,debtor,amount\nA,B,3\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "banks.csv").write_text(BANKS)
    (tmp_path / "claims.csv").write_text(CLAIMS)
    (tmp_path / "inside").mkdir()
    (tmp_path / "outside").symlink_to(tmp_path / "inside", target_is_directory=True)
    (tmp_path / "soft.csv").symlink_to("banks.csv")
    (tmp_path / "dangling.csv").symlink_to("x.csv")
    os.link(tmp_path / "claims.csv", tmp_path / "hard.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*options: str) -> BaseException | None:
    every = ["analyse", "debtrank", "--firms", "banks.csv", "--claims", "claims.csv", *options]
    return CliRunner().invoke(cli.app, every).exception


def write_two(draft: Callable[[Path], Path], folder: Path) -> None:
    writing.write(draft(folder / "x.csv"), [{"firm": ["A"]}])
    writing.write(draft(folder / "none" / "y.csv"), [{"firm": ["A"]}])


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--out", "banks.csv"], "--out and --firms"),
        (["--out", "./inside/../claims.csv"], "--out and --claims"),
        (["--losses", "soft.csv"], "--losses and --firms"),
        (["--out", "hard.csv"], "--out and --claims"),
        (["--set-aside", "hard.csv"], "--set-aside and --claims"),
        (["--out", "x.csv", "--losses", "x.csv"], "--losses and --out"),
        (["--out", "x.csv", "--losses", "dangling.csv"], "--losses and --out"),
        (["--out", "inside/x.csv", "--losses", "outside/x.csv"], "--losses and --out"),
        (["--losses", "x.csv", "--set-aside", "x.csv"], "--set-aside and --losses"),
        (["--shocks", "s.csv", "--out", "s.csv"], "--out and --shocks"),
    ],
)
def test_one_file_for_two_options_is_refused_before_anything_is_read(
    folder: Path, options: list[str], named: str
) -> None:
    before = contents(folder)

    refused = run(*options)

    assert isinstance(refused, InvalidInput)
    assert str(refused).startswith(f"{named} are the same file")
    assert contents(folder) == before


def test_outputs_beside_the_inputs_are_written(folder: Path) -> None:
    refused = run(
        "--out", "dangling.csv", "--losses", "inside/x.csv.gz", "--set-aside", "aside.csv"
    )

    assert refused is None
    assert (folder / "dangling.csv").is_symlink()
    assert (folder / "x.csv").read_text().startswith("firm,debtrank")
    assert (folder / "aside.csv").read_text() == "file,line,column,value,reason\n"
    assert sorted(p.name for p in (folder / "inside").iterdir()) == ["x.csv.gz"]
    assert (folder / "banks.csv").read_text() == BANKS


def test_when_one_output_fails_none_is_changed(folder: Path) -> None:
    (folder / "x.csv").write_text("before")

    with pytest.raises(FileNotFoundError), together() as draft:
        write_two(draft, folder)

    assert (folder / "x.csv").read_text() == "before"
    assert not list(folder.glob(".*"))


def test_an_output_that_is_a_folder_is_refused(folder: Path) -> None:
    (folder / "x.csv").mkdir()

    assert "no file" in str(run("--out", "x.csv"))
    assert "no such folder" in str(run("--set-aside", "none/x.csv"))
