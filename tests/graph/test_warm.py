"""The kernels are compiled before anybody waits for them."""

import pytest

from graph import warm


def test_every_part_runs_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert warm.main() == 0

    said = capsys.readouterr().err
    assert [line for line in said.splitlines() if line.startswith("compiling: ")] == [
        f"compiling: {part}" for part in warm.PARTS
    ]
