"""The command `ingest` over a real store."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from ingestion import cli
from ingestion.collect import Progress
from ingestion.errors import ImportRefused
from ingestion.run import ingest

if TYPE_CHECKING:
    from tests.ingestion.conftest import House


@pytest.fixture
def told() -> list[tuple[str, float]]:
    """Return what people are shown of the stages: each and the share of it that is done."""
    return []


@pytest.fixture
def command(house: "House", told: list[tuple[str, float]]) -> typer.Typer:
    @contextmanager
    def ingesting(as_of: dt.date | None, again: bool, progress: Progress) -> Iterator[cli.Ingest]:  # noqa: FBT001  # The command's form.
        yield partial(ingest, job=replace(house.job, as_of=as_of, replace=again, progress=progress))

    app = typer.Typer()

    @contextmanager
    def shown(_name: str) -> Iterator[Callable[[str, float], None]]:
        yield lambda stage, share: told.append((stage, share))

    app.command()(cli.build(ingesting, shown))
    house.write("firms.csv", "firm,name,remark\nA,a,x\nB,b,y\n")
    house.write(
        "invoices.csv",
        "number,issued_on,seller,buyer,amount_yuan\n1,2026-01-05,A,B,5\n2,2026-02-05,A,B,5\n",
    )
    return app


def test_json_is_one_document_and_notes_go_elsewhere(command: typer.Typer, house: "House") -> None:
    done = CliRunner().invoke(command, ["files", str(house.inbox), "--json"])

    said = json.loads(done.stdout)
    assert done.exit_code == 0
    assert list(said)[:10] == [
        "source", "files", "rows", "used", "set_aside",
        "firms", "trades", "version", "as_of", "issues",
    ]  # fmt: skip
    assert (said["rows"], said["used"], said["version"]) == (4, 4, 1)
    assert "column 'remark' is not read" in done.stderr


def test_every_file_and_every_stage_is_told(
    command: typer.Typer, house: "House", told: list[tuple[str, float]]
) -> None:
    CliRunner().invoke(command, ["files", str(house.inbox)])

    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert stages == [
        "reading firms.csv, 1 of 2",
        "reading invoices.csv, 2 of 2",
        "checking rows",
        "resolving names",
        "deriving tables",
        "publishing the version",
    ]
    assert all(0 <= share <= 1 for _, share in told)


def test_words_tell_the_same(command: typer.Typer, house: "House") -> None:
    arguments = ["files", str(house.inbox), "--as-of", "2026-01-31"]

    done = CliRunner().invoke(command, arguments)

    assert "rows 4, used 3" in done.stdout
    assert "set aside 1: future" in done.stdout
    assert "published version 1 as of 2026-01-31" in done.stdout


def test_a_second_time_says_that_nothing_is_new(command: typer.Typer, house: "House") -> None:
    runner = CliRunner()
    runner.invoke(command, ["files", str(house.inbox)])

    done = runner.invoke(command, ["files", str(house.inbox)])

    assert "nothing new; still version 1" in done.stdout


def test_a_refusal_is_left_to_the_application(command: typer.Typer, house: "House") -> None:
    done = CliRunner().invoke(command, ["files", str(house.inbox / "nowhere")])

    assert isinstance(done.exception, ImportRefused)


def test_a_day_that_is_none_is_wrong_usage(command: typer.Typer, house: "House") -> None:
    done = CliRunner().invoke(command, ["files", str(house.inbox), "--as-of", "soon"])

    assert done.exit_code == 2


def test_files_may_be_named_by_a_url(command: typer.Typer, house: "House") -> None:
    done = CliRunner().invoke(command, ["files", house.inbox.as_uri(), "--json"])
    absent = CliRunner().invoke(command, ["files", "memory://in/absent.csv"])

    assert json.loads(done.stdout)["used"] == 4
    assert str(absent.exception).startswith("absent.csv: the URL leads nowhere")
