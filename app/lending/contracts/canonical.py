"""Contracts as bytes: the same facts give the same, and every byte of a signed file counts."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from app.lending.contracts.forms import AgreedTerms, ContractFacts, Party, Signature
from app.lending.contracts.wording import text_of
from app.platform.documents import Document
from app.platform.events import canonical

OF_FEES = ("fees", "draw_fees_fen", "total_fees_fen", "effective_rate")
FORM = 1  # Of the file; another form would be another number.
SIGNED_AS = "deeptier contract signature 1\n"  # Nothing else that a key signs begins so.


def contract_document(facts: ContractFacts) -> Document:
    """Return a contract as the document whose canonical bytes are signed."""
    terms = _terms(facts.terms)
    terms["documents"] = [each._asdict() for each in facts.terms.documents]
    terms["product"] = facts.terms.product._asdict()
    return {
        "template": facts.template,
        "language": facts.language,
        "application": facts.application,
        "decision": facts.decision,
        "bank": _party(facts.bank),
        "firm": _party(facts.firm),
        "core": None if facts.core is None else _party(facts.core),
        **terms,
        "text": text_of(facts),
    }


def _terms(agreed: AgreedTerms) -> Document:
    """Return what is agreed; of fees nothing where there are none, as before there were any."""
    terms, rows = agreed._asdict(), [each._asdict() for each in agreed.schedule]
    if agreed.fees:
        return {**terms, "schedule": rows, "fees": [each.document() for each in agreed.fees]}
    for name in OF_FEES:
        del terms[name]
    for each in rows:
        del each["fees_fen"]
    return {**terms, "schedule": rows}


def _party(party: Party) -> Document:
    return party._asdict()


def digest(contract: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the canonical bytes of a contract, in hexadecimal."""
    return hashlib.sha256(canonical(contract).encode()).hexdigest()


def statement(sha256: str, signature: Signature) -> bytes:
    """Return what is signed: the digest, and all that the signature says of itself."""
    said = {**signature._asdict(), "sha256": sha256}
    del said["signature"]
    return (SIGNED_AS + canonical(said)).encode()


def contract_file(contract: Mapping[str, Any], signatures: Sequence[Signature]) -> bytes:
    """Return the bytes of a contract with its digest and the signatures below it."""
    written = {
        "form": FORM,
        "contract": contract,
        "sha256": digest(contract),
        "signatures": [each._asdict() for each in signatures],
    }
    return canonical(written).encode()
