"""Folders that appear whole or not at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from graph import folders
from graph.digests import faults

Writing = Callable[[Path], AbstractContextManager[Path]]
BOTH = pytest.mark.parametrize("writing", [folders.replacing, folders.sealing])


def put(writing: Writing, folder: Path, text: str) -> None:
    with writing(folder) as fresh:
        (fresh / "a.txt").write_text(text, encoding="utf-8")


def said(folder: Path) -> str:
    return (folder / "a.txt").read_text(encoding="utf-8")


@BOTH
def test_a_folder_is_read_by_others_once_it_is_whole(writing: Writing, tmp_path: Path) -> None:
    put(writing, tmp_path / "far" / "one", "whole")

    assert [each.name for each in (tmp_path / "far").iterdir()] == ["one"]
    assert (tmp_path / "far" / "one").stat().st_mode & 0o777 == folders.MODE


@BOTH
def test_what_fails_while_it_is_written_leaves_nothing(writing: Writing, tmp_path: Path) -> None:
    def fail() -> None:
        with writing(tmp_path / "one") as fresh:
            (fresh / "a.txt").write_text("half", encoding="utf-8")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()

    assert list(tmp_path.iterdir()) == []


def test_a_replaced_folder_gives_way_and_a_sealed_one_stays(tmp_path: Path) -> None:
    for writing in (folders.replacing, folders.sealing):
        for text in ("old", "new"):
            put(writing, tmp_path / writing.__name__, text)

    assert said(tmp_path / "replacing") == "new"
    assert said(tmp_path / "sealing") == "old"
    assert faults(tmp_path / "sealing") == []


def test_what_nobody_sealed_is_not_written_over(tmp_path: Path) -> None:
    put(folders.replacing, tmp_path / "one", "mine")

    with pytest.raises(OSError, match="not empty"):
        put(folders.sealing, tmp_path / "one", "theirs")

    assert said(tmp_path / "one") == "mine"


def test_of_folders_put_in_one_place_at_once_one_stays_whole(tmp_path: Path) -> None:
    place = tmp_path / "network"

    def put(number: int) -> None:
        fresh = tmp_path / f"fresh-{number}"
        fresh.mkdir()
        for name in ("one", "two"):
            (fresh / name).write_text(str(number), encoding="utf-8")
        folders.swap(fresh, place)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, range(200)))

    one, two = ((place / name).read_text(encoding="utf-8") for name in ("one", "two"))
    assert one == two
    assert [each.name for each in tmp_path.iterdir()] == ["network"]


def test_a_folder_that_cannot_be_put_in_its_place_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        folders.swap(tmp_path / "missing", tmp_path / "network")
