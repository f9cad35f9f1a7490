"""Small random economies, as raw rows, for tests that compare whole runs with the oracle."""

import datetime as dt
import random
from dataclasses import replace
from typing import Any

from tests.oracles.limits import Economy

AS_OF = dt.date(2026, 6, 30)
YUAN = 100
PAID = 0.5  # So many receivables have something paid.
BANK = "own bank"
STATUS = ["open", "open", "open", "confirmed", "confirmed", "disputed", "financed", "paid", "void"]


def day(draw: random.Random, back: int, ahead: int = 0) -> dt.date:
    return AS_OF + dt.timedelta(days=draw.randint(-back, ahead))


def firm(draw: random.Random, number: int, cores: int) -> dict[str, Any]:
    core = number < cores
    row: dict[str, Any] = {
        "firm": f"F{number:03d}",
        "name": f"Firm {number:03d}",
        "core": core,
        "size": draw.choice(["large", "medium", "small", "micro", "micro"]),
        "rating": draw.choice([None, "R1", "R2", "R5", "R8", "R11", "R13", "D"]),
        "loans": draw.choice([None, 0, 4_999_900_000 * YUAN, 3_000_000 * YUAN]),
    }
    if draw.random() < 0.4:
        row |= statement(draw)
    if core:
        row["tangible_net_worth"] = draw.choice([None, 30_000_000 * YUAN, 900_000 * YUAN])
        for name in ("operating_cash_flow", "cash", "short_debt"):
            row[name] = draw.choice([None, draw.randint(0, 40_000_000) * YUAN])
    return row


def statement(draw: random.Random) -> dict[str, Any]:
    revenue = draw.randint(1_000_000, 90_000_000) * YUAN
    cost = revenue * draw.randint(60, 95) // 100
    row: dict[str, Any] = {"revenue": revenue, "cost": cost, "profit": (revenue - cost) // 3}
    for name in ("inventory", "receivable", "payable", "prepaid", "advances"):
        row[name] = revenue * draw.randint(0, 40) // 100
    row["own_funds"] = draw.choice([0, revenue // 50, None])
    row["working_capital_loans"] = draw.choice([0, revenue // 100])
    row["expected_growth"] = draw.choice([0.0, 0.1, -0.05])
    return row


def pairs(draw: random.Random, count: int) -> list[tuple[str, str]]:
    wanted = draw.randint(count, 4 * count)
    found = {tuple(draw.sample(range(count), 2)) for _ in range(wanted)}
    return sorted((f"F{a:03d}", f"F{b:03d}") for a, b in found)


def invoices(draw: random.Random, links: list[tuple[str, str]]) -> list[dict[str, Any]]:
    rows = []
    for seller, buyer in links:
        for _ in range(draw.randint(1, 4)):
            amount = draw.randint(1_000, 9_000_000) * YUAN + draw.randint(0, 99)
            amount = -amount // 4 if draw.random() < 0.1 else amount
            tax = amount * 13 // 100
            rows.append(
                {
                    "number": f"I{len(rows):05d}",
                    "issued_on": day(draw, 420),
                    "seller": seller,
                    "buyer": buyer,
                    "amount": amount,
                    "tax": tax,
                    "total": amount + tax,
                    "status": "valid",
                }
            )
    return rows


def receivables(draw: random.Random, links: list[tuple[str, str]]) -> list[dict[str, Any]]:
    rows = []
    for seller, buyer in links:
        for _ in range(draw.randint(0, 3)):
            issued, status = day(draw, 240), draw.choice(STATUS)
            confirmed = status in ("confirmed", "financed", "paid") or draw.random() < 0.2
            rows.append(
                {
                    "number": f"A{len(rows):05d}",
                    "seller": seller,
                    "buyer": buyer,
                    "amount": draw.randint(500, 5_000_000) * YUAN + draw.randint(0, 99),
                    "issued_on": issued,
                    "due_on": issued + dt.timedelta(days=draw.randint(20, 260)),
                    "confirmed_on": day(draw, 200, 20) if confirmed else None,
                    "paid_on": day(draw, 60, 30) if status == "paid" else None,
                    "status": status,
                }
            )
    return rows


def orders(draw: random.Random, links: list[tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {
            "number": f"O{number:05d}",
            "placed_on": day(draw, 400),
            "seller": seller,
            "buyer": buyer,
            "amount": draw.randint(1_000, 9_000_000) * YUAN,
            "delivered_on": draw.choice([None, day(draw, 380)]),
        }
        for number, (seller, buyer) in enumerate(links)
        if draw.random() < 0.5
    ]


def vouchers(draw: random.Random, count: int, cores: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for _ in range(draw.randint(0, 2 * count)):
        issued, due = day(draw, 120), day(draw, 10, 220)
        issuer, holder = draw.sample(range(count), 2)
        issuer = draw.randrange(cores)
        parent = draw.choice(rows) if rows and draw.random() < 0.3 else None
        amount = draw.randint(10_000, 3_000_000) * YUAN
        if parent:
            issuer, due = int(parent["issuer"][1:]), parent["due_on"]
            amount = parent["amount"] // 3
        if holder == issuer:
            continue
        rows.append(
            {
                "number": f"V{len(rows):05d}",
                "issuer": f"F{issuer:03d}",
                "holder": f"F{holder:03d}",
                "amount": amount,
                "issued_on": issued,
                "due_on": due,
                "parent": parent["number"] if parent else None,
                "status": draw.choice(["held", "held", "held", "financed", "split", "settled"]),
            }
        )
    return rows


def holdings(draw: random.Random, count: int) -> list[dict[str, Any]]:
    rows = []
    for _ in range(draw.randint(0, 2)):
        owner, owned = draw.sample(range(count), 2)
        rows.append(
            {
                "owner": f"F{owner:03d}",
                "owned": f"F{owned:03d}",
                "share": draw.choice([0.3, 0.5, 0.6, 1.0]),
                "kind": draw.choice(["equity", "equity", "control"]),
            }
        )
    return rows


def with_payments(draw: random.Random, raw: Economy) -> Economy:
    """Return the economy with some receivables paid in part or wholly, some given to others."""
    claims = [
        {**row, "paid": draw.choice([0, 1, row["amount"] // 3, row["amount"]])}
        if draw.random() < PAID
        else row
        for row in raw.receivables
    ]
    papers = [(r["seller"], r["buyer"], r["number"]) for r in raw.receivables]
    papers += [(r["holder"], r["issuer"], r["number"]) for r in raw.vouchers]
    count = draw.randint(0, 4) if papers else 0
    given = [
        {"number": f"G{at}", **_registration(draw, *draw.choice(papers))} for at in range(count)
    ]
    return replace(raw, receivables=claims, registrations=given, own_names=(BANK,))


def _registration(draw: random.Random, owner: str, debtor: str, number: str) -> dict[str, Any]:
    first = day(draw, 300, 20)
    return {
        "pledgor": owner,
        "secured_party": draw.choice([BANK, "another bank", None]),
        "debtor": draw.choice([debtor, debtor, None]) if owner != debtor else None,
        "document": draw.choice([number, None, None, "unknown"]),
        "registered_on": first,
        "expires_on": draw.choice([None, max(first, AS_OF), max(first, day(draw, 20, 200))]),
        "status": draw.choice(["live", "live", "live", "cancelled"]),
    }


STATES = ["open", "disputed", "confirmed", "confirmed", "confirmed", "financing", "financed"]
STATES += ["elsewhere", "replaced", "paid", "void"]
CONFIRMED = ("confirmed", "financing", "financed", "replaced")


def with_book(draw: random.Random, raw: Economy) -> Economy:
    """Return the economy with a book: receivables and vouchers of the platform, cores frozen."""
    firms = [row["firm"] for row in raw.firms]
    cores = [row["firm"] for row in raw.firms if row["core"]]
    known = [_known(draw, row) for row in raw.receivables if draw.random() < PAID]
    for at in range(draw.randint(0, 3)):
        seller, buyer = draw.sample(firms, 2)
        due = day(draw, 30, 220)
        usual = {"number": f"P{at}", "seller": seller, "buyer": buyer, "amount": 10**8 + at}
        known.append(_known(draw, usual | {"issued_on": day(draw, 60, 20), "due_on": due}))
    nodes = [
        node for at in range(draw.randint(0, 4)) for node in _voucher(draw, f"N{at}", cores, firms)
    ]
    if raw.vouchers and draw.random() < PAID:  # A file has it, too.
        row = draw.choice(raw.vouchers)
        nodes.append(
            _node(row["number"], row["issuer"], row["holder"], row["amount"], row["due_on"])
        )
    frozen = {c: (draw.randint(1, 10**9), 1) for c in cores if draw.random() < PAID}
    later = draw.choice([None, AS_OF - dt.timedelta(days=9), AS_OF + dt.timedelta(days=20)])
    return replace(raw, known=known, nodes=nodes, frozen=frozen, day=later)


def _known(draw: random.Random, row: dict[str, Any]) -> dict[str, Any]:
    state = draw.choice(STATES)
    was = state in CONFIRMED or (state in ("elsewhere", "paid") and draw.random() < PAID)
    names = ("number", "seller", "buyer", "amount", "issued_on", "due_on", "registry_id")
    kept = {name: row.get(name) for name in names}
    amount = draw.choice([kept["amount"], kept["amount"], kept["amount"] // 2])
    return kept | {
        "amount": amount,
        "paid": draw.choice([0, 0, amount // 3]),
        "state": state,
        "was_confirmed": was,
        "here": was and draw.random() < PAID,
    }


def _node(number: str, issuer: str, holder: str, held: int, due: dt.date) -> dict[str, Any]:
    return {
        "number": number,
        "issuer": issuer,
        "holder": holder,
        "held": held,
        "occupies": held,
        "issued_on": AS_OF,
        "due_on": due,
    }


def _voucher(
    draw: random.Random, number: str, cores: list[str], firms: list[str]
) -> list[dict[str, Any]]:
    """Return a root of whose face its holder keeps a part; the rest is passed, or awaits a word."""
    issuer = draw.choice(cores)
    others = [firm for firm in firms if firm != issuer]
    face, due = draw.randint(10**6, 10**8), day(draw, 5, 200)
    kept = draw.choice([0, face // 3, face])
    root = _node(number, issuer, draw.choice(others), kept, due) | {"occupies": face}
    child = _node(f"{number}.1", issuer, draw.choice(others), face - kept, due) | {"occupies": 0}
    return [root, child] if draw.random() < PAID else [root]


def economy(seed: int) -> Economy:
    """Return the small economy of that seed."""
    draw = random.Random(seed)
    count = draw.randint(4, 14)
    cores = draw.randint(1, min(3, count - 1))
    links = pairs(draw, count)
    return Economy(
        as_of=AS_OF,
        firms=[firm(draw, number, cores) for number in range(count)],
        invoices=invoices(draw, links),
        orders=orders(draw, links),
        receivables=receivables(draw, links),
        vouchers=vouchers(draw, count, cores),
        holdings=holdings(draw, count),
    )
