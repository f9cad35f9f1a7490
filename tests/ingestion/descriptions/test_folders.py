"""Where descriptions lie, which of them counts, and what of them is kept."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingestion.descriptions.folders import SourceFolders
from ingestion.descriptions.listing import listed, shown
from ingestion.errors import ImportRefused
from ingestion.lake import manifest as manifests
from ingestion.trial import TrialWishes, check

if TYPE_CHECKING:
    from tests.ingestion.descriptions.conftest import Desk

TEXT = """\
schema: 1
owner: {owner}@bank.example
sets:
  rows: {{files: '.*[.]csv', header: [方]}}
tables:
- {{table: events, from: rows, columns: {{firm: 方, happened_on: 日, kind: {{const: fee}}}}}}
"""


def put(folder: Path, name: str, owner: str = "a", more: str = "") -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yml").write_text(TEXT.format(owner=owner) + more, encoding="utf-8")


def test_the_first_of_a_name_hides_the_others_but_not_demo_and_files(tmp_path: Path) -> None:
    home, further = tmp_path / "home", tmp_path / "further"
    for folder, owner in ((home, "home"), (further, "further")):
        for name in ("own", "cumcm", "files"):
            put(folder, name, owner)
    put(further, "second", "further")
    put(home, "Not A Name")
    folders = SourceFolders(home, further)

    owners = {name: folders.load(name).owner for name in ("own", "second", "cumcm", "files")}

    assert owners["own"] == owners["cumcm"] == "home@bank.example"
    assert owners["second"] == "further@bank.example"
    assert folders.load("files").forms
    assert "Not A Name" not in folders.names()


def test_a_source_that_there_is_not_is_told_with_the_nearest() -> None:
    with pytest.raises(ImportRefused, match="no source 'cumcn'; did you mean cumcm"):
        SourceFolders().load("cumcn")


def test_the_list_tells_which_are_ready_and_what_is_wrong_with_the_others(tmp_path: Path) -> None:
    put(tmp_path, "ready")
    put(tmp_path, "open", more="label: {zh: 'TODO: what?', en: x}\n")
    put(tmp_path, "broken", more="onwer: x\n")
    (tmp_path / "latin.yml").write_bytes(b"owner: \xff")

    states = {each["name"]: each for each in listed(SourceFolders(tmp_path))}

    assert states["ready"]["state"] == "ready"
    assert states["open"]["state"] == "template"
    assert states["broken"]["problems"] == [
        "broken.yml: line 7: unknown key onwer; did you mean owner"
    ]
    assert states["latin"]["problems"] == ["latin.yml: line 1: the description is no text in UTF-8"]
    assert states["ready"]["tables"] == ["events"]
    assert shown(SourceFolders(tmp_path), "ready")["text"] == TEXT.format(owner="a")


def test_an_open_question_is_refused_by_an_import_and_blank_to_a_trial(desk: "Desk") -> None:
    desk.house.write("a.csv", "方,日\n甲,2026-01-01\n")
    desk.say(TEXT.format(owner="a").replace("{const: fee}", "{const: fee}, source: 'TODO: which?'"))

    assert "line 6: tables[1].columns.source: TODO: which?" in str(desk.check()["refused"])
    assert desk.facts("events") == [
        {"firm": {"name": "甲"}, "happened_on": "2026-01-01", "kind": "fee"}
    ]
    with pytest.raises(ImportRefused, match="TODO: which"):
        desk.house.take("own")


def test_a_text_is_kept_with_its_facts_and_another_needs_a_new_version(desk: "Desk") -> None:
    desk.house.write("a.csv", "方,日\n甲,2026-01-01\n")
    desk.say(TEXT.format(owner="a"))
    desk.house.take("own")
    lake = desk.house.home / "lake"

    ((_, part),) = manifests.read(lake, 1).parts("events")
    assert part.description == desk.house.job.folders.load("own").sha256
    assert (lake / "descriptions" / "own-1.yml").read_text() == TEXT.format(owner="a")

    desk.say(TEXT.format(owner="b"))
    refused = "version 1 was used with another text: give this one a new number (version: 2)"
    assert refused in str(desk.check()["refused"])
    with pytest.raises(ImportRefused, match="was used with another text"):
        desk.house.take("own")

    desk.say(TEXT.format(owner="b").replace("schema: 1\n", "schema: 1\nversion: 2\n"))
    assert desk.house.take("own").version.number == 1


def test_facts_stay_when_their_description_is_gone(desk: "Desk") -> None:
    desk.house.write("a.csv", "方,日\n甲,2026-01-01\n")
    desk.say(TEXT.format(owner="a"))
    desk.house.take("own")
    (desk.house.home / "sources" / "own.yml").unlink()
    firms = desk.house.write("firms.csv", "firm,name\nA,a\n")

    outcome = desk.house.take("files", firms)

    assert outcome.version.number == 2


def test_a_trial_publishes_and_keeps_nothing(desk: "Desk") -> None:
    desk.house.write("a.csv", "方,日\n甲,2026-01-01\n")
    desk.say(TEXT.format(owner="a"))
    before = {path.name for path in desk.house.home.iterdir()}

    desk.check()

    assert desk.house.current is None
    assert {path.name for path in desk.house.home.iterdir()} - before <= {
        "facts.jsonl",
        "lake",
        "locks",
    }
    assert not list((desk.house.home / "lake").glob("*/*"))


def test_a_text_that_nobody_saved_is_tried_and_lists_its_rows_set_aside(desk: "Desk") -> None:
    file = desk.house.write("a.csv", "方,日\n甲,2026-01-01\n乙,soon\n")
    text = TEXT.format(owner="a") + "checks: {set_aside_rows_free: 100}\n"
    issues = desk.house.home / "tried" / "issues.csv"
    wishes = TrialWishes(text=text, issues=issues)

    tried = check("unsaved", [file], job=desk.house.job, wishes=wishes).document
    broken = check(
        "unsaved", [file], job=desk.house.job, wishes=TrialWishes(text="schema: 2\n")
    ).document

    assert (tried["source"], tried["used"], tried["refused"]) == ("unsaved", 1, None)
    assert issues.read_text().splitlines()[1] == f"{file},3,happened_on,soon,bad_date"
    assert "unsaved.yml: line 1: " in broken["refused"]
    assert "unsaved" not in desk.house.job.folders.names()
