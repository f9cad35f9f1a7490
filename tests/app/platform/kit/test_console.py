"""Tables for people: amounts whole and to the right, names cut, nothing that a terminal obeys."""

import pytest
from rich.cells import cell_len

from app.platform.console import output as console

NAME = "华东重工集团有限公司（上海浦东）第一机械制造分公司"
ROWS = [
    ["F00042", NAME, "up", 1, console.yuan(16_419_234_145_00), "product_cap_of_the_firm"],
    ["F7", "Lin", "down", 12, console.yuan(-5), None],
]
HEADINGS = ["firm", "name", "side", "tier", "limit (yuan)", "because"]


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_amounts_stay_whole_and_to_the_right_at_every_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    console.show_table(HEADINGS, ROWS, cut=["name", "because"])

    head, first, second = lines(capsys)
    end = cell_len(first[: first.index("16,419,234,145.00") + len("16,419,234,145.00")])
    assert cell_len(second[: second.index("-0.05") + len("-0.05")]) == end
    assert cell_len(head[: head.index("limit (yuan)") + len("limit (yuan)")]) == end
    if columns >= 60:
        assert max(map(cell_len, (head, first, second))) <= columns


def test_long_names_are_cut_with_an_ellipsis_where_they_must(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    console.show_table(HEADINGS, ROWS, cut=["name", "because"])
    narrow = lines(capsys)[1]
    monkeypatch.setenv("COLUMNS", "200")
    console.show_table(HEADINGS, ROWS, cut=["name", "because"])

    assert "…" in narrow
    assert NAME not in narrow
    assert NAME in lines(capsys)[1]


def test_without_a_terminal_a_line_has_eighty_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    console.show_table(HEADINGS, ROWS, cut=["name", "because"])

    assert max(map(cell_len, lines(capsys))) <= 80


def test_what_a_terminal_would_obey_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    console.show_table(["name"], [["a\x1b[31mb\r\nc\u202ed"]])
    console.show_facts({"name": "a\x1b[31mb"})

    assert lines(capsys) == ["name", "a [31mb  c d", "name  a [31mb"]


def test_facts_that_are_figures_stand_under_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    console.show_facts({"limit": console.yuan(123456), "used": console.yuan(5), "why": "need"})

    assert lines(capsys) == ["limit  1,234.56", "used       0.05", "why    need"]
