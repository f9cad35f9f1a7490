"""
Whether a contract is what firm and bank signed: of its bytes alone, wherever they lie.

A file is canonical, so every byte of it counts: the text through its digest, what a signature says
of itself through the statement that it signs.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn, get_args

from app.lending.contracts.canonical import FORM, digest, statement
from app.lending.contracts.forms import Signature, SignerRole
from app.lending.contracts.signing import holds
from app.platform.documents import Document
from app.platform.events import canonical

ROLES: tuple[SignerRole, ...] = get_args(SignerRole)
FILE_FIELDS = {"form", "contract", "sha256", "signatures"}
BYTES_MAX = 4 * 2**20
LENGTHS = {"public_key": 32, "signature": 64}  # In bytes.


class ContractDifference(NamedTuple):
    """The first thing in which a contract is not as it was signed."""

    field: str
    expected: object
    found: object

    def words(self) -> str:
        """Return it in words."""
        return f"{self.field}: expected {self.expected}, found {self.found}"


class Checked(NamedTuple):
    """What a look at a contract found."""

    contract: Mapping[str, Any]
    sha256: str
    signatures: tuple[Signature, ...]


class _Differs(Exception):
    """A contract is not as it was signed."""

    def __init__(self, field: str, expected: object, found: object) -> None:
        super().__init__(field)
        self.difference = ContractDifference(field, expected, found)


def check(given: bytes) -> Checked | ContractDifference:
    """Return what a signed contract says, or the first thing in which it is not as signed."""
    try:
        return _checked(given)
    except _Differs as error:
        return error.difference


def _checked(given: bytes) -> Checked:
    read = _read(given)
    contract, sha256 = read["contract"], digest(read["contract"])
    if read["sha256"] != sha256:
        raise _Differs("sha256", sha256, read["sha256"])
    blocks = read["signatures"]
    if not isinstance(blocks, list) or len(blocks) != len(ROLES):
        _refuse("signatures", f"{len(ROLES)} signatures, of {' and '.join(ROLES)}", blocks)
    signatures = tuple(
        _signature(block, role, contract, sha256) for block, role in zip(blocks, ROLES, strict=True)
    )
    return Checked(contract, sha256, signatures)


def _read(given: bytes) -> Document:
    """Return the document of a file, where its bytes are those that it is written in."""
    if len(given) > BYTES_MAX:
        raise _Differs("file", f"at most {BYTES_MAX} bytes", len(given))
    try:
        read = json.loads(given.decode(), parse_float=_no_number, parse_constant=_no_number)
        written = canonical(read).encode()
    except (ValueError, RecursionError):
        raise _Differs("file", "canonical JSON in UTF-8", "something else") from None
    if written != given:
        raise _Differs("file", "canonical JSON", f"another form from byte {_first(given, written)}")
    if not isinstance(read, dict) or set(read) != FILE_FIELDS:
        _refuse("file", f"an object of {', '.join(sorted(FILE_FIELDS))}", read)
    if read["form"] != FORM:
        raise _Differs("form", FORM, read["form"])
    if not isinstance(read["contract"], dict):
        _refuse("contract", "an object", read["contract"])
    return read


def _signature(block: Any, role: str, contract: Mapping[str, Any], sha256: str) -> Signature:
    """Return a signature that holds."""
    at = f"signatures.{role}"
    if not isinstance(block, dict) or set(block) != set(Signature._fields):
        _refuse(at, f"an object of {', '.join(sorted(Signature._fields))}", block)
    if any(not isinstance(value, str) for value in block.values()):
        _refuse(at, "texts", block)
    if block["role"] != role:
        raise _Differs(f"{at}.role", role, block["role"])
    party = contract.get(role)
    expected = party.get("id") if isinstance(party, dict) else None
    if block["party"] != expected:
        raise _Differs(f"{at}.party", expected, block["party"])
    public_key, bits = (_bytes(at, block, field) for field in LENGTHS)
    signature = Signature(**block)
    if not holds(public_key, statement(sha256, signature), bits):
        raise _Differs(f"{at}.signature", "one that its key made of this text", "another")
    return signature


def _bytes(at: str, block: Mapping[str, str], field: str) -> bytes:
    """Return bytes that are written in the one form that hexadecimal has here."""
    try:
        found = bytes.fromhex(block[field])
    except ValueError:
        found = b""
    length = LENGTHS[field]
    if len(found) != length or found.hex() != block[field]:
        raise _Differs(f"{at}.{field}", f"{2 * length} small digits of hex", block[field])
    return found


def _first(one: bytes, other: bytes) -> int:
    """Return where two texts first differ."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no whole number")


def _refuse(field: str, expected: str, found: object) -> NoReturn:
    """Raise for what has another shape; what was found is told by its kind, not by its content."""
    raise _Differs(field, expected, type(found).__name__)
