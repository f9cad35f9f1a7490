"""What is a credit code, and what only looks like one."""

from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingestion.resolve.codes import ALPHABET, check_letter, code, is_placeholder

OWN = st.text(st.sampled_from(ALPHABET), min_size=9, max_size=9).filter(
    lambda own: own[0] != own[3]
)
BODIES = st.builds("91{}{}".format, st.sampled_from(["110000", "350100", "659001"]), OWN)
PUBLISHED = ["91350100M000100Y43", "91110000802100433B", "91440300708461136T"]


def test_published_codes_are_right() -> None:
    assert [code(text) for text in PUBLISHED] == PUBLISHED


@given(BODIES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_any_one_wrong_character_is_found(body: str, place: int, other: str) -> None:
    right = body + check_letter(body)
    assume(right[place] != other)

    assert code(right) == right
    assert code(right[:place] + other + right[place + 1 :]) is None


@pytest.mark.parametrize("sign", ALPHABET)
def test_one_sign_repeated_is_no_code(sign: str) -> None:
    assert code(sign * 18) is None
    assert code(sign * 17 + check_letter(sign * 17)) is None


@pytest.mark.parametrize(
    "body",
    [
        "91350100000000000",  # The own code is filler,
        "91350100ABABABABA",
        "91350100123123123",
        "00350100M000100Y4",  # nobody registers under 0,
        "B1350100M000100Y4",
        "94350100M000100Y4",  # or such a kind,
        "91990100M000100Y4",  # and there is no such province,
        "91007500M000100Y4",
        "91358100M000100Y4",  # no such prefecture,
        "91350001M000100Y4",  # no county of none,
        "9135A100M000100Y4",  # and no division with a letter.
    ],
)
def test_a_right_check_character_makes_no_code_of_what_is_built_otherwise(body: str) -> None:
    assert code(body + check_letter(body)) is None


def test_identity_cards_are_no_codes() -> None:
    random = Random(1)
    found = 0
    for _ in range(3000):
        region = random.choice(["110105", "310115", "511102", "531102", "120101"])
        born = f"{random.randint(1930, 2010)}{random.randint(1, 12):02}{random.randint(1, 28):02}"
        first = f"{region}{born}{random.randint(0, 999):03}"
        total = sum(int(c) * pow(2, 17 - at, 11) for at, c in enumerate(first))
        card = first + "10X98765432"[total % 11]
        found += code(card) is not None

    assert found == 0


@pytest.mark.parametrize(
    "text", ["无", " 无 ", "Ｎ/Ａ", "null", "-", "--", "000000", "9" * 18, "*****"]
)
def test_fillers_stand_for_nobody(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text", ["0", "00", "111", "888888", "A", "无锡", "S1", "C-1", PUBLISHED[0]]
)
def test_what_may_be_a_name_is_no_filler(text: str) -> None:
    assert not is_placeholder(text)


def test_case_width_and_blanks_do_not_matter() -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in PUBLISHED[0])

    assert code(f" {PUBLISHED[0].lower()} ") == code(wide) == PUBLISHED[0]


def test_other_texts_are_no_codes() -> None:
    assert [code(text) for text in (None, "", "I" * 18, PUBLISHED[0] + "0")] == [None] * 4


@pytest.mark.parametrize(
    "text", ["123456789012345678", "876543210987654321", "０１２３４５６７８９０１２３４５６７"]
)
def test_digits_that_count_are_a_filler(text: str) -> None:
    assert code(text) is None
    assert is_placeholder(text)
    assert not is_placeholder(f"{text}90")


def test_an_own_code_that_counts_is_none() -> None:
    bodies = ("91350100890123456", "91350100987654321", "91350100123456789")

    assert [code(body + check_letter(body)) for body in bodies] == [None, None, None]
