"""How far a command is: a line now and then where nobody looks on, nothing of what ends at once."""

import threading

import pytest

from app.platform.console.progress import progress
from graph.testing.waiting import WAIT_S


def test_a_line_tells_step_share_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    said = threading.Event()

    class Heard:
        def write(self, text: str) -> int:
            lines.append(text)
            said.set()
            return len(text)

        def isatty(self) -> bool:
            return False

    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", Heard())
        with progress("ingest", every_seconds=0.01) as step:
            step("reading a\x1bb.csv", 0.5)
            assert said.wait(WAIT_S)
    assert lines[0].startswith("ingest: reading a b.csv, 50%, ")
    assert capsys.readouterr().out == ""


def test_nothing_is_told_of_what_ends_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("refresh") as step:
        step("limits", 0.4)

    assert capsys.readouterr() == ("", "")


def test_nothing_is_told_before_a_step_began(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("refresh", every_seconds=0.001):
        threading.Event().wait(0.05)

    assert capsys.readouterr() == ("", "")
