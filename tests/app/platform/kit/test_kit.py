"""The plain tools: cursors, answers, documents, console, what is kept for a moment."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform.config import Settings
from app.platform.console import output as console
from app.platform.deps import RECENT, Resources
from app.platform.documents import dumps
from app.platform.errors import Absent, Malformed
from app.platform.http.answers import render
from app.platform.http.cursors import read_cursor, write_cursor

places = st.dictionaries(
    st.text(max_size=8), st.one_of(st.integers(), st.text(max_size=20), st.booleans()), max_size=5
)


@given(places)
def test_a_cursor_comes_back_as_it_was(place: dict[str, object]) -> None:
    assert read_cursor(write_cursor(place)) == place


@given(st.text(max_size=50))
def test_any_other_text_is_malformed_and_nothing_worse(text: str) -> None:
    try:
        place = read_cursor(text, at=int)
    except Malformed:
        return
    assert type(place["at"]) is int


@pytest.mark.parametrize("place", [{}, {"at": "1"}, {"at": True}, {"at": None}])
def test_a_cursor_of_another_list_is_malformed(place: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        read_cursor(write_cursor(place), at=int)


def test_a_tag_names_both_versions_and_the_content() -> None:
    one, same, other = (
        render({"a": value}, version=3, policy='standard "x"/政策') for value in (1, 1, 2)
    )

    assert one.tag == same.tag
    assert one.tag != other.tag
    assert one.tag.startswith('"v3-standard-x-')
    assert one.tag.isascii()


def test_no_document_holds_what_json_does_not_know() -> None:
    assert dumps({"on": dt.date(2026, 6, 30)}) == '{"on":"2026-06-30"}'
    with pytest.raises(ValueError, match="JSON"):
        dumps({"x": float("nan")})
    with pytest.raises(TypeError, match="no JSON form"):
        dumps({"x": object()})


def test_tables_show_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    console.show_table(["firm", "rows"], [["a", 1234], [None, 5]])
    console.show_facts({"x": None, "long": 2})

    out = capsys.readouterr().out
    assert "1,234" in out
    assert "None" not in out


def test_what_was_looked_up_is_kept_for_a_moment_only(tmp_path: Path) -> None:
    clock = [dt.datetime(2026, 7, 1, tzinfo=dt.UTC)]
    resources = Resources(Settings(home=tmp_path), now=lambda: clock[0])
    made = iter(range(10))

    assert [resources.recent("key", lambda: next(made)) for _ in range(2)] == [0, 0]
    assert resources.lately("key") == 0
    clock[0] += RECENT
    assert resources.recent("key", lambda: next(made)) == 1
    resources.forget()
    assert resources.lately("key") is None
    for number in range(300):
        resources.recent(number, lambda: 0)
    assert resources.lately(0) is None


def test_without_a_version_there_is_nothing_to_read(tmp_path: Path) -> None:
    resources = Resources(Settings(home=tmp_path))
    with pytest.raises(Absent, match="no version is published"):
        resources.version()
    with pytest.raises(Absent, match="no version 3"):
        resources.version(3)
    assert resources.store is resources.store
    assert resources.records is resources.records
    resources.close()
