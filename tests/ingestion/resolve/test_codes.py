"""The check character of credit codes."""

from hypothesis import assume, given
from hypothesis import strategies as st

from ingestion.resolve.codes import ALPHABET, check_letter, code

BODIES = st.text(st.sampled_from(ALPHABET), min_size=17, max_size=17)
PUBLISHED = ["91350100M000100Y43", "91110000802100433B", "91440300708461136T"]


def test_published_codes_are_right() -> None:
    assert [code(text) for text in PUBLISHED] == PUBLISHED


@given(BODIES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_any_one_wrong_character_is_found(body: str, place: int, other: str) -> None:
    right = body + check_letter(body)
    assume(right[place] != other)

    assert code(right) == right
    assert code(right[:place] + other + right[place + 1 :]) is None


def test_case_width_and_blanks_do_not_matter() -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in PUBLISHED[0])

    assert code(f" {PUBLISHED[0].lower()} ") == code(wide) == PUBLISHED[0]


def test_other_texts_are_no_codes() -> None:
    assert [code(text) for text in (None, "", "I" * 18, PUBLISHED[0] + "0")] == [None] * 4
