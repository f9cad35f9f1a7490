"""A contract holds as it was signed, and no byte of it otherwise."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.lending.contracts.canonical import contract_file, digest, statement
from app.lending.contracts.forms import Signature
from app.lending.contracts.verification import BYTES_MAX, Checked, ContractDifference, check
from app.platform.events import canonical
from tests.app.lending.contracts.making import FACTS, sign, signer

SIGNED = sign(FACTS["en"])
Change = Callable[[dict[str, Any]], None]


def first_field(given: bytes) -> str | None:
    found = check(given)
    return found.field if isinstance(found, ContractDifference) else None


def changed(change: Change) -> bytes:
    """Return the signed contract with a change, written canonically as whoever forges it would."""
    read = json.loads(SIGNED)
    change(read)
    return canonical(read).encode()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_signed_contract_holds(language: Any) -> None:
    found = check(sign(FACTS[language]))

    assert isinstance(found, Checked)
    assert found.contract["text"]
    assert found.sha256 == digest(found.contract)
    assert [each.role for each in found.signatures] == ["firm", "bank"]


@pytest.mark.parametrize("bit", [0x01, 0x20, 0x80])
def test_no_byte_can_be_another(bit: int) -> None:
    kept = [
        at
        for at in range(len(SIGNED))
        if first_field(SIGNED[:at] + bytes([SIGNED[at] ^ bit]) + SIGNED[at + 1 :]) is None
    ]
    assert kept == []


def test_no_byte_can_be_left_out_or_added() -> None:
    kept = [
        at
        for at in range(0, len(SIGNED), 5)
        if first_field(SIGNED[:at] + SIGNED[at + 1 :]) is None
        or first_field(SIGNED[:at] + b" " + SIGNED[at:]) is None
    ]
    assert kept == []
    assert first_field(SIGNED + b"\n") == first_field(SIGNED[:-1]) == "file"


def replaced(at: str, value: object) -> Change:
    """Return the change that sets what stands at a place."""

    def change(read: dict[str, Any]) -> None:
        """Set it."""
        *path, last = (int(step) if step.isdigit() else step for step in at.split("."))
        node: Any = read
        for step in path:
            node = node[step]
        node[last] = value

    return change


@pytest.mark.parametrize(
    ("at", "value", "field"),
    [
        ("contract.amount_fen", 100_000_000, "sha256"),
        ("contract.text", "", "sha256"),
        ("contract", [], "contract"),
        ("form", 2, "form"),
        ("form", None, "form"),
        ("sha256", "0" * 64, "sha256"),
        ("signatures", [], "signatures"),
        ("signatures", None, "signatures"),
        ("signatures.0", "ann", "signatures.firm"),
        ("signatures.0.person", "bob", "signatures.firm.signature"),
        ("signatures.0.person", 7, "signatures.firm"),
        ("signatures.0.signed_at", "2026-07-16T09:00:00.000000Z", "signatures.firm.signature"),
        ("signatures.0.party", "MILL2", "signatures.firm.party"),
        ("signatures.0.role", "bank", "signatures.firm.role"),
        ("signatures.0.signature", "AB" * 64, "signatures.firm.signature"),
        ("signatures.0.signature", "ab" * 64, "signatures.firm.signature"),
        ("signatures.0.public_key", "zz", "signatures.firm.public_key"),
        ("signatures.1.key", "bank bank 2", "signatures.bank.signature"),
        ("signatures.1.further", "", "signatures.bank"),
        ("further", 1, "file"),
    ],
)
def test_the_first_difference_is_named(at: str, value: object, field: str) -> None:
    assert first_field(changed(replaced(at, value))) == field


def test_the_key_of_another_does_not_make_a_signature_of_ours() -> None:
    def change(read: dict[str, Any]) -> None:
        """Sign the same text again for the firm, and keep the bank's signature."""
        read["contract"]["amount_fen"] = 1
        read["sha256"] = digest(read["contract"])
        forger = signer()
        bare = Signature(**read["signatures"][0])._replace(public_key=forger.public_key)
        signed = forger.sign(statement(read["sha256"], bare))
        read["signatures"][0] = bare._replace(signature=signed)._asdict()

    assert first_field(changed(change)) == "signatures.bank.signature"


def test_signatures_in_the_other_order_are_refused() -> None:
    def change(read: dict[str, Any]) -> None:
        """Turn them round."""
        read["signatures"].reverse()

    assert first_field(changed(change)) == "signatures.firm.role"


def test_one_who_signs_for_both_is_not_hidden() -> None:
    one = signer()
    found = check(sign(FACTS["zh"], firm=one, bank=one))
    assert isinstance(found, Checked)
    assert {each.public_key for each in found.signatures} == {one.public_key}


@pytest.mark.parametrize(
    "given",
    [
        *(b"", b"[", b"null", b"[]", b"1.5", b'{"form":NaN}', b"\xff\xfe", b'{"form":1,"form":1}'),
        *(b'{"form":"\\ud800"}', b"[" * 100_000, b"9" * 10_000, b" " * (BYTES_MAX + 1)),
    ],
)
def test_what_is_no_contract_is_refused(given: bytes) -> None:
    assert first_field(given) == "file"


def test_a_contract_without_signatures_is_not_signed() -> None:
    read = json.loads(SIGNED)
    assert first_field(contract_file(read["contract"], [])) == "signatures"
