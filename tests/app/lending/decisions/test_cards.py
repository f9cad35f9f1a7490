"""A decision in words: its reasons, and the ways that lead to yes, those of a pair together."""

from app.lending.decisions.cards import card_of
from app.platform.web.texts import Texts

STEP = {"leaf": "limit/need", "unit": "fen", "amount_fen": 900, "documents": []}
PAIR = STEP | {"from": None, "to": 2, "unit": "count", "set": 1, "zh": "乙", "en": "two"}
TOLD = {
    "id": "d1",
    "outcome": "declined",
    "amount_fen": 0,
    "rate": None,
    "tenor_days": 90,
    "authority": "two",
    "level": "branch",
    "reasons": [{"code": "price.absent", "zh": "无价", "en": "no price"}],
    "path_to_yes": [
        STEP | {"from": 100, "to": 123456, "set": 0, "zh": "甲", "en": "one"},
        PAIR,
        PAIR | {"documents": [{"kind": "voucher", "number": "V1"}]},
    ],
}


def test_ways_are_told_in_the_reader_s_language_with_their_units() -> None:
    card = card_of(TOLD, Texts("en"), str.lower)
    first, second = card.ways
    assert (card.tone, card.rate, card.reasons) == ("bad", "–", [("price.absent", "no price")])
    assert card.hands == "Two officers, Branch or above"
    assert [(each.words, each.was, each.to) for each in first.steps] == [
        ("one", "CNY 1.00", "CNY 1,234.56")
    ]
    assert [each.documents for each in second.steps] == [[], ["V1"]]
    assert (first.amount_fen, [each.to for each in second.steps]) == (900, ["2", "2"])
    assert card_of(TOLD, Texts("zh"), str).ways[0].steps[0].words == "甲"
