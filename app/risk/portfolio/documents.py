"""A proposal as it is kept: what it comes to, who would be lent what, what each cap would earn."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from app.platform.documents import Document, dumps
from app.risk.portfolio.gathering import GatheredProblem
from graph.model import declared
from graph.portfolio import E12, LendingProposal, losses_e18, sums, tail_mean

E6 = 10**6
E18 = E6 * E12
MANY_FEN = 100_000_000  # 1,000,000 yuan: what a price is told of.
ITEM = pa.schema(
    [
        *((name, pa.string()) for name in ("core", "firm", "product")),
        *((name, pa.int64()) for name in ("most_fen", "proposed_fen")),
        *((name, pa.string()) for name in ("gain", "expected_loss", "capital")),
    ]
)
CAP = pa.schema(
    [
        *((name, pa.string()) for name in ("kind", "id")),
        *((name, pa.int64()) for name in ("room_fen", "used_fen")),
        ("price", pa.string()),
        ("earns_fen", pa.int64()),
    ]
)
_LABELS = Path(__file__).parent / "labels.yml"


def name_of(gathered: GatheredProblem, facts: Mapping[str, object]) -> str:
    """Return the name of a proposal: of everything that it is made from."""
    problem, tail = gathered.problem, gathered.problem.tail
    lendable, caps, alone = problem.lendable, problem.caps.entries, tail.alone
    found = hashlib.blake2b(digest_size=8)
    arrays = (
        *(lendable.gain_e12, lendable.most_fen, lendable.ticket_fen, problem.caps.room_fen),
        *(caps.row, caps.candidate, caps.weight_e12, alone.row, alone.candidate, alone.weight_e12),
        *(tail.factor, tail.expected_e12, tail.load_e6, tail.base_fen, tail.cap_fen),
    )
    for array in arrays:
        found.update(len(array).to_bytes(8, "big") + np.ascontiguousarray(array).tobytes())
    keys = [[each.core, each.firm, each.product.version] for each in gathered.candidates]
    lines = [[line.kind, line.name] for line in gathered.lines]
    bounds = [tail.worst_e6, tail.tail_cap_fen, gathered.scenarios, gathered.left_out]
    found.update(dumps([dict(facts), keys, lines, bounds]).encode())
    kind = "all" if facts["budget_fen"] is None else "budget"
    return f"portfolio-{kind}-{facts['version']}-{found.hexdigest()}"


def head_of(
    gathered: GatheredProblem, proposal: LendingProposal, facts: Mapping[str, object]
) -> Document:
    """Return what a proposal says first: what it was made from and what it comes to."""
    tail, lent = gathered.problem.tail, proposal.amount_fen
    own = {
        kind: sum(int(fen) * getattr(each.gain, kind) for fen, each in _pairs(gathered, lent))
        for kind in ("expected_e12", "capital_e12")
    }
    losses = losses_e18(tail, lent)
    return {
        "id": name_of(gathered, facts),
        **facts,
        "candidates": len(lent),
        "proposed": int((lent > 0).sum()),
        "proposed_fen": int(lent.sum()),
        "earned_fen": proposal.earned_e12 // E12,
        "bound_fen": proposal.bound_fen,
        "expected_loss_fen": -(-own["expected_e12"] // E12),
        "capital_fen": -(-own["capital_e12"] // E12),
        "tail_fen": -int(-tail_mean(losses, tail.worst_e6) // E18),
        "scenarios": len(gathered.scenarios),
        "left_out": list(gathered.left_out),
    }


def _pairs(gathered: GatheredProblem, lent: Any) -> Iterator[tuple[int, Any]]:
    return zip(lent.tolist(), gathered.candidates, strict=True)


def items_of(gathered: GatheredProblem, proposal: LendingProposal) -> pa.Table:
    """Return who would be lent what, in order of core, firm and product."""
    rows = [
        {
            "core": each.core,
            "firm": each.firm,
            "product": each.product.terms.id,
            "most_fen": each.most_fen,
            "proposed_fen": fen,
            "gain": _share(each.gain.gain_e12),
            "expected_loss": _share(each.gain.expected_e12),
            "capital": _share(each.gain.capital_e12),
        }
        for fen, each in _pairs(gathered, proposal.amount_fen)
        if fen
    ]
    return pa.Table.from_pylist(rows, ITEM)


def caps_of(gathered: GatheredProblem, proposal: LendingProposal) -> pa.Table:
    """Return the caps of which more would earn something, the dearest first."""
    caps, lent = gathered.problem.caps, proposal.amount_fen
    used = sums(caps.entries, len(caps.room_fen), lent).fen.tolist()
    prices = proposal.room_price_e6.tolist()
    lines = zip(gathered.lines, used, prices, strict=True)
    rows = [
        _cap(line.kind, line.name, (line.room_fen, taken), price)
        for line, taken, price in lines
        if price
    ]
    rows += _losing(gathered, proposal)
    rows.sort(key=lambda row: (-row["earns_fen"], row["kind"], row["id"]))
    return pa.Table.from_pylist(rows, CAP)


def _losing(gathered: GatheredProblem, proposal: LendingProposal) -> list[Document]:
    tail, lent = gathered.problem.tail, proposal.amount_fen
    losses = losses_e18(tail, lent)
    found = [
        _cap("scenario", name, (cap, -(-lost // E18)), price)
        for name, cap, lost, price in zip(
            gathered.scenarios,
            tail.cap_fen.tolist(),
            losses,
            proposal.loss_price_e6.tolist(),
            strict=True,
        )
        if price
    ]
    if proposal.tail_price_e6:
        mean = -int(-tail_mean(losses, tail.worst_e6) // E18)
        found.append(_cap("tail", "tail", (tail.tail_cap_fen, mean), proposal.tail_price_e6))
    return found


def _cap(kind: str, name: str, room_and_used: tuple[int, int], price_e6: int) -> Document:
    room, used = room_and_used
    return {
        "kind": kind,
        "id": name,
        "room_fen": room,
        "used_fen": used,
        "price": _decimal(price_e6, 6),
        "earns_fen": price_e6 * MANY_FEN // E6,
    }


def worded(cap: Document) -> Document:
    """
    Return a cap with what more of it would earn, in words.

    Example:
        >>> cap = {"kind": "core", "earns_fen": 1_020_000}
        >>> worded(cap)["words"]["en"]
        'one more 1,000,000 yuan of facility earns 10,200 a year'
    """
    words = _labels()[cap["kind"]]
    yuan = f"{cap['earns_fen'] // 100:,}"
    return {
        **cap,
        "words": {
            "zh": f"{words['zh']}每增加 1,000,000 元，每年多赚 {yuan} 元",
            "en": f"one more 1,000,000 yuan of {words['en']} earns {yuan} a year",
        },
    }


@cache
def _labels() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = declared(_LABELS.read_text(encoding="utf-8"))
    return found


def about(rows: Sequence[Document], core: str | None, firm: str | None) -> list[Document]:
    """Return the rows of a core, a firm, or both."""
    wanted = [each for each in (core, firm) if each is not None]
    return [row for row in rows if all(each in _named(row) for each in wanted)]


def _named(row: Document) -> Sequence[str]:
    if "firm" in row:
        return (row["core"], row["firm"])
    return str(row["id"]).split(":")[1:]


def _share(weight_e12: int) -> str:
    return _decimal(weight_e12, 12)


def _decimal(whole: int, places: int) -> str:
    """
    Return a whole number of a power of ten as a decimal.

    Example:
        >>> _decimal(10_200, 6), _decimal(-5, 12), _decimal(0, 6)
        ('0.0102', '-0.000000000005', '0')
    """
    sign, digits = "-" if whole < 0 else "", f"{abs(whole):0{places + 1}d}"
    return f"{sign}{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")
