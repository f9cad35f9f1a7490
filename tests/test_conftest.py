"""What the tests themselves rest on."""

from pathlib import Path

import coverage

from tests.conftest import drop_halves


def test_half_a_file_of_coverage_is_dropped_and_whole_ones_stay(tmp_path: Path) -> None:
    whole = coverage.CoverageData(str(tmp_path / ".coverage.whole"))
    whole.add_lines({"a.py": [1]})
    whole.write()
    whole.close()
    for name in (".coverage.empty", ".coverage.half", ".coverage.half-journal"):
        (tmp_path / name).write_bytes(b"" if name.endswith("empty") else b"SQLite format 3")

    drop_halves(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [".coverage.whole"]
