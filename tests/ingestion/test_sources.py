"""Every source reads its own sample, and tells what it cannot know."""

from typing import TYPE_CHECKING

import pytest

from ingestion import source
from ingestion.errors import BadFile, TooManyBadRows

if TYPE_CHECKING:
    from tests.ingestion.conftest import House

ASIDE = {"cumcm": {"duplicate": 1, "void": 1}, "demo": {}, "files": {"void": 1}}
TRADES = {
    "cumcm": {
        ("A00001", "E1"): 94340, ("A00002", "E1"): -5000,
        ("E1", "B00001"): 940171, ("E2", "B00002"): 817094,
    },
    "demo": {("F00001", "C001"): 2000000},
    "files": {
        ("S1", "C1"): 27400000, ("S2", "S1"): 5130000, ("cp-1d3d41b23a1e8f11", "S2"): 720000
    },
}  # fmt: skip


def test_there_are_three_sources() -> None:
    assert source.names() == sorted(ASIDE)


@pytest.mark.parametrize("name", source.names())
def test_a_sample_becomes_a_version(house: "House", name: str) -> None:
    outcome = house.take(name, source.FOLDER / name / "sample")

    assert outcome.set_aside == ASIDE[name]
    assert outcome.notes == ()
    assert sorted(house.trades().values()) == sorted(TRADES[name].values())
    named = {pair for pair in house.trades() if not pair[0].startswith("cp-")}
    assert named == {pair for pair in TRADES[name] if not pair[0].startswith("cp-")}


@pytest.mark.parametrize("name", source.names())
def test_a_source_says_whose_it_is(name: str) -> None:
    found = source.load(name)

    assert found.owner
    assert found.schedule
    assert found.label.zh
    assert found.label.en
    assert 0 < found.bounds.share_max < 1


def test_a_file_of_the_contest_is_known_by_its_name(house: "House") -> None:
    cumcm = source.load("cumcm")

    assert cumcm.pattern("附件12_进项发票信息") is not None
    assert cumcm.pattern("invoices") is None


def test_one_path_given_twice_is_read_once(house: "House") -> None:
    path = house.write("firms.csv", "firm,name\nA,a\n")

    found, unknown = source.find(source.load("files"), [house.inbox, path])

    assert [item.path.name for item in found] == ["firms.csv"]
    assert unknown == []


def test_a_folder_without_tables_is_refused(house: "House") -> None:
    house.write("notes.txt", "nothing")

    with pytest.raises(BadFile, match="nothing that source files knows"):
        house.take()


def test_hidden_and_strange_files_are_told_of(stocked: "House") -> None:
    stocked.write("notes.txt", "nothing")
    stocked.write(".invoices.csv", "nothing")
    (stocked.inbox / "truth").mkdir()

    assert stocked.take().notes == ("notes.txt: no table of this source",)


def test_more_files_than_are_read_at_once_are_refused(
    stocked: "House", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "FILES_MAX", 1)

    with pytest.raises(BadFile, match="at most 1"):
        stocked.take()


def test_a_table_with_too_few_rows_is_refused(house: "House") -> None:
    house.write("firms.csv", "firm,name\n")
    house.write("invoices.csv", "number,issued_on,seller,buyer,amount_fen\n1,2026-01-05,A,B,5\n")

    with pytest.raises(TooManyBadRows, match="firms: only 0 rows"):
        house.take("demo")
