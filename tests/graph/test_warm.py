"""The kernels are compiled before anybody waits for them."""

from pathlib import Path

import pytest

from graph import warm


def test_every_part_runs_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert warm.main() == 0

    said = capsys.readouterr().err
    assert [line for line in said.splitlines() if line.startswith("compiling: ")] == [
        f"compiling: {part}" for part in warm.PARTS
    ]


def test_a_folder_that_cannot_be_used_is_said_and_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(warm, "PARTS", {})
    (tmp_path / "file").touch()

    assert warm.main(tmp_path / "file" / "kept") == 0

    assert "nothing is kept: " in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_compiled_in_two_processes_is_kept_for_the_next(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert warm.main(tmp_path / "kept") == 0

    said = capfd.readouterr().err
    assert sorted(line for line in said.splitlines() if line.startswith("compiling: ")) == sorted(
        f"compiling: {part}" for part in warm.PARTS
    )
    assert any((tmp_path / "kept").iterdir())
