"""A contract as a PDF: all of it, the same each time, whatever is in its names."""

import json
from typing import Any

import pytest

from app.lending.contracts.canonical import contract_document, contract_file
from app.lending.contracts.paper import pdf_of
from tests.app.lending.contracts.making import FACTS, sign


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_contract_is_printed_the_same_each_time(language: Any) -> None:
    file = json.loads(sign(FACTS[language]))
    unsigned = json.loads(contract_file(file["contract"], []))
    made = pdf_of(file, None)

    assert made.startswith(b"%PDF-")
    assert made == pdf_of(file, None)
    assert made != pdf_of(unsigned, None)
    assert made != pdf_of(file, {"number": "R1", "filed_on": "2026-06-30"})
    assert b"STSong-Light" in made


def test_names_are_text_whatever_is_in_them() -> None:
    facts = FACTS["en"]
    odd = facts._replace(firm=facts.firm._replace(name='<b>&amp; "厂" 🙂 <para>'))
    made = pdf_of(json.loads(contract_file(contract_document(odd), [])), None)
    assert made.startswith(b"%PDF-")
