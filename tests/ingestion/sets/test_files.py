"""Which files a source reads, and what it says of the others."""

from pathlib import Path

import pytest

from ingestion.errors import BadFile
from ingestion.sets import Grid, Inputs
from ingestion.sets.files import Files
from ingestion.sets.regexes import Wrong, compiled
from tests.ingestion.sets.reading import batches

GRID = Grid("s", r"sales.*\.csv", ("n",))


def test_files_are_read_once_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("sales (1).csv", "sales.csv", "sales2.csv", "other.csv", ".sales.csv"):
        (tmp_path / name).write_text("n\n1\n")
    (tmp_path / "sales3.csv").mkdir()

    with Inputs([tmp_path, tmp_path / "sales2.csv", tmp_path]) as inputs:
        read = [str(each.path and each.path.name) for each in inputs.read(GRID)]
        told = [(each.path.name, each.why.code) for each in inputs.not_read()]

    assert read == ["sales (1).csv", "sales.csv", "sales2.csv"]
    assert told == [("other.csv", "not_asked")]


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret.csv").write_text("n\n1\n")
    (inside / "sales1.csv").symlink_to(tmp_path / "secret.csv")
    (inside / "sales2.csv").symlink_to("/etc/passwd")
    (inside / "sales3.csv").write_text("n\n1\n")
    (inside / "sales4.csv").symlink_to(inside / "sales3.csv")
    (inside / "sales5.csv").symlink_to(inside / "nothing")

    with Inputs([inside]) as inputs:
        assert len(list(inputs.read(GRID))) == 1
        assert [(each.path.name, each.why.code) for each in inputs.not_read()] == [
            ("sales1.csv", "leads_out"),
            ("sales2.csv", "leads_out"),
        ]


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no such file or folder"):
        Files.of([tmp_path / "nothing"])


def test_the_number_of_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.sets.files.FILES_MAX", 2)
    for at in range(3):
        (tmp_path / f"{at}.csv").touch()

    with pytest.raises(BadFile, match="at most 2 files"):
        Files.of([tmp_path])


def test_a_pattern_is_of_the_whole_name_and_takes_no_time(tmp_path: Path) -> None:
    (tmp_path / ("a" * 200 + ".csv")).write_text("n\n1\n")

    assert batches(Grid("s", "(a*)*(a*)*b", ("n",)), tmp_path) == []


@pytest.mark.parametrize("text", ["(", "(?=a)", r"(a)\1", "a" * 1001, "a{1001}"])
def test_a_pattern_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Wrong, match="pattern"):
        compiled(text)
