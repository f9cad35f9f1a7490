"""Changes in the text of a description: only what is said changes, and it says what was meant."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.descriptions.editing import Way, drop, plain, put, rendered
from ingestion.descriptions.folders import SHIPPED

TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(SHIPPED.glob("*.yml"))}
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
VALUES = st.recursive(
    WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
)


def ways(value: Any, way: Way = ()) -> list[Way]:
    """Return every place of a text."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = [] if isinstance(value, str) else [(*way, step) for step, _ in inner]
    below = (
        ()
        if isinstance(value, str)
        else (value.items() if isinstance(value, dict) else enumerate(value))
    )
    return [*found, *(each for step, said in below for each in ways(said, (*way, step)))]


def changed(value: Any, way: Way, new: Any) -> Any:
    made = copy.deepcopy(value)
    at = made
    for step in way[:-1]:
        at = at[step]
    if new is None:
        del at[way[-1]]
    else:
        at[way[-1]] = new
    return made


def comments(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.lstrip().startswith("#")]


@given(st.sampled_from(sorted(TEXTS)), st.data(), VALUES)
def test_what_is_put_at_a_place_stands_there_and_nothing_else_has_changed(
    name: str, data: st.DataObject, value: Any
) -> None:
    text = TEXTS[name]
    way = data.draw(st.sampled_from(ways(plain(text))))

    after = put(text, way, value)

    assert plain(after) == changed(plain(text), way, value)


@given(st.sampled_from(sorted(TEXTS)), st.data())
def test_what_is_dropped_is_gone_and_nothing_else(name: str, data: st.DataObject) -> None:
    text = TEXTS[name]
    keyed = [way for way in ways(plain(text)) if isinstance(way[-1], str) and len(way) > 1]
    way = data.draw(st.sampled_from(keyed))

    assert plain(drop(text, way)) == changed(plain(text), way, None)


@given(st.sampled_from(sorted(TEXTS)), st.data(), WORDS.filter(bool))
def test_a_new_key_stands_beside_the_others(name: str, data: st.DataObject, key: str) -> None:
    text = TEXTS[name]
    parents = [way for way in ways(plain(text)) if isinstance(plain(text, way), dict)]
    way = (*data.draw(st.sampled_from(parents)), f"+{key}")

    assert plain(put(text, way, "x")) == changed(plain(text), way, "x")


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_comments_and_the_order_of_keys_stay(name: str) -> None:
    text = TEXTS[name]

    after = put(put(text, ("owner",), "somebody@bank.example"), ("version",), "7")

    assert comments(after) == comments(text)
    assert [line for line in text.splitlines() if line not in after.splitlines()] == [
        line for line in text.splitlines() if line.startswith(("owner:", "version:"))
    ]


def test_a_place_that_is_not_there_is_an_error_and_a_question_about_it_none() -> None:
    for way in [("sets", "nowhere", "files"), ("owner", "x"), ("tables", 9)]:
        with pytest.raises(KeyError):
            put(TEXTS["cumcm"], way, "x")
        assert plain(TEXTS["cumcm"], way) is None


@given(VALUES)
def test_a_value_on_one_line_is_read_as_it_was(value: Any) -> None:
    assert plain(f"a: {rendered(value)}", ("a",)) == value
