"""The commands on sources: what there is, what it says, what it would read."""

import getpass
import json
from pathlib import Path

import pytest

from app import cli
from ingestion.descriptions.folders import SHIPPED
from ingestion.lake.housekeeping import alone

SAMPLE = SHIPPED / "samples" / "bill_list_workbook"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPTIER_HOME", str(tmp_path))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_sources_are_listed_and_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "own.yml").write_text("schema: 1\nowner: x\nonwer: y\n")

    _, out, _ = run(capsys, "source", "list", "--json")
    states = {item["name"]: (item["origin"], item["state"]) for item in json.loads(out)["items"]}
    status, text, _ = run(capsys, "source", "show", "cumcm")

    assert states["own"] == ("own", "broken")
    assert states["sap_line_items"] == ("shipped", "template")
    assert status == 0
    assert (SHIPPED / "cumcm.yml").read_text(encoding="utf-8").strip() in text


def test_a_trial_prints_its_document_and_publishes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    facts = tmp_path / "facts.jsonl"

    status, out, _ = run(
        capsys, "source", "check", SAMPLE.name, str(SAMPLE), "--json", "--facts", str(facts)
    )
    refused, again, err = run(capsys, "source", "check", SAMPLE.name, str(SAMPLE / "nowhere"))
    _, versions, _ = run(capsys, "versions", "--json")

    assert (status, json.loads(out)["used"]) == (0, 1)
    assert json.loads(facts.read_text(encoding="utf-8"))["table"] == "vouchers"
    assert (refused, "rows 0" in again) == (1, True)
    assert "there is no such file or folder" in err
    assert json.loads(versions)["items"] == []


def test_what_killed_trials_left_goes_with_the_next_and_running_ones_stay(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    killed, running = tmp_path / "trial-killed", tmp_path / "trial-running"
    for folder in (killed, running):
        (folder / "lake").mkdir(parents=True)
        (folder / "lake" / "part").write_bytes(b"x")

    with alone(running):
        status, _, _ = run(capsys, "source", "check", SAMPLE.name, str(SAMPLE))

    assert status == 0
    assert [path.name for path in tmp_path.glob("trial-*")] == ["trial-running"]


def test_a_description_is_proposed_and_written_whole(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "sources").mkdir()
    out = tmp_path / "sources" / "bills.yml"
    empty = tmp_path / "empty"
    empty.mkdir()

    status, shown, told = run(capsys, "source", "guess", str(SAMPLE), "--out", str(out))
    checked, trial, _ = run(capsys, "source", "check", "bills", str(SAMPLE), "--json")
    failed, document, err = run(
        capsys, "source", "guess", str(empty), "--json", "--out", str(tmp_path / "no.yml")
    )

    assert (status, checked, json.loads(trial)["used"]) == (0, 0, 1)
    assert "check characters of credit codes 1/1" in shown
    assert out.read_text(encoding="utf-8") in shown
    assert f"owner: {getpass.getuser()}\n" in shown
    assert "next: save it as" in told
    assert json.loads(document) == {"proposals": [], "not_read": [], "description": ""}
    assert (failed, "nothing here is like a table" in err) == (1, True)
    assert not (tmp_path / "no.yml").exists()


def test_no_proposal_is_written_over_a_file_that_is_looked_at(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "july").mkdir()
    read = tmp_path / "july" / "sales.csv"
    read.write_text("number,amount\n", encoding="utf-8")

    over, _, err = run(capsys, "source", "guess", str(read.parent), "--out", str(read))
    nowhere, _, _ = run(capsys, "source", "guess", str(SAMPLE), "--out", str(tmp_path / "a" / "b"))

    assert (over, nowhere) == (1, 1)
    assert "the same" in err
    assert read.read_text(encoding="utf-8") == "number,amount\n"
