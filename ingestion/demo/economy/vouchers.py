"""
Vouchers: a core's promise, split and passed down the tiers.

Children never sum above their parent's face. A parent that is wholly given on is `split` (or
`transferred`, to one holder); one that keeps a part stays `held`, net of its children.
"""

from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from graph.errors import NotConverged
from ingestion.demo.economy.plan import Plan
from ingestion.demo.economy.sectors import IntArray
from ingestion.demo.economy.world import World

ROOTS_A_FIRM = 0.3
TIERS_MAX = 5
PASSED, KEPT = 0.5, 0.3
CHILDREN_MAX = 4
FACE_MIN_FEN = 1_000_000
ISSUED_DAYS = 330
FINANCED, DISHONOURED = 0.08, 0.03
VOUCHERS_A_ROOT_MAX = 40
HOLDERS = 0.003  # Idle firms, as parts of all, that hold papers though they trade nothing.


@dataclass(frozen=True, slots=True)
class Voucher:
    """One voucher; days count from the end, issuer and holder are rows."""

    number: str
    issuer: int
    holder: int
    amount_fen: int
    issued_day: int
    due_day: int
    parent: str | None
    status: str
    tier: int


def vouchers(made: World) -> list[Voucher]:
    """
    Return all vouchers, parents before their children.

    Raises:
        NotConverged: One root was split more often than a tree may be.
    """
    random = made.plan.random("vouchers")
    sold = np.flatnonzero((made.buyer < made.cores) & (made.supplier < made.firms))
    count = min(len(sold), max(2, round(made.firms * ROOTS_A_FIRM)))
    weight = made.flows.amount[sold] ** 0.5
    drawn = random.choice(sold, count, replace=False, p=weight / weight.sum())
    creditors = _creditors(made)
    found: list[Voucher] = []
    for at, pair in enumerate(np.sort(drawn).tolist()):
        root = _root(random, made, pair, at)
        found += _tree(random, made, root, creditors)
    found += _of_holders(random, made, len(drawn))
    return found


def holders(made: World) -> IntArray:
    """Return the idle firms that hold papers; a doubles' row is not among them."""
    return made.idle[len(made.idle) - round(made.firms * HOLDERS) :]


def _root(random: np.random.Generator, made: World, pair: int, at: int) -> Voucher:
    month = made.flows.amount[pair] / 12
    face = max(FACE_MIN_FEN, int(month * random.uniform(0.2, 0.9)) * 100)
    issued = -int(random.integers(1, _span(made.plan)))
    due = issued + int(random.choice([90, 120, 180], p=[0.25, 0.25, 0.5]))
    core, holder = int(made.buyer[pair]), int(made.supplier[pair])
    return Voucher(f"V{at + 1:07d}", core, holder, face, issued, due, None, "held", 1)


def _span(plan: Plan) -> int:
    return min(ISSUED_DAYS, plan.months * 30)


def _of_holders(random: np.random.Generator, made: World, first: int) -> list[Voucher]:
    """Return vouchers whose holders trade with nobody: lessors, factors, heirs of claims."""
    return [
        Voucher(
            f"V{first + at + 1:07d}",
            int(random.integers(0, made.cores)),
            firm,
            int(random.integers(5, 400)) * 1_000_000,
            -int(random.integers(5, 60)),
            int(random.integers(30, 110)),
            None,
            "held",
            1,
        )
        for at, firm in enumerate(holders(made).tolist())
    ]


def _creditors(made: World) -> dict[int, list[int]]:
    """Return the suppliers of every firm, largest first."""
    pairs = np.flatnonzero((made.supplier < made.firms) & (made.buyer < made.firms))
    order = pairs[np.argsort(-made.flows.amount[pairs], kind="stable")]
    found: dict[int, list[int]] = {}
    for pair in order.tolist():
        found.setdefault(int(made.buyer[pair]), []).append(int(made.supplier[pair]))
    return found


def _tree(
    random: np.random.Generator, made: World, root: Voucher, creditors: dict[int, list[int]]
) -> list[Voucher]:
    """Return a root and everything that came of it."""
    found: list[Voucher] = []
    queue = deque([root])
    while queue:
        if len(found) > VOUCHERS_A_ROOT_MAX:
            raise NotConverged(f"voucher {root.number} was split more than {len(found)} times")
        voucher = queue.popleft()
        takers = [
            firm
            for firm in creditors.get(voucher.holder, [])[:CHILDREN_MAX]
            if firm != voucher.holder and firm >= made.cores
        ]
        passes = voucher.tier < TIERS_MAX and voucher.amount_fen >= 4 * FACE_MIN_FEN
        if not takers or not passes or random.random() > PASSED / voucher.tier**0.5:
            found.append(_ended(random, voucher))
            continue
        parent, children = _split(random, voucher, takers)
        found.append(parent)
        queue.extend(children)
    return found


def _split(
    random: np.random.Generator, voucher: Voucher, takers: list[int]
) -> tuple[Voucher, list[Voucher]]:
    """Return a voucher after it was given on, and its children."""
    partly = random.random() < KEPT
    if not partly and random.random() < 0.2:
        child = _child(voucher, 1, takers[0], voucher.amount_fen)
        return replace(voucher, status="transferred"), [child]
    left = voucher.amount_fen
    children = []
    for at, taker in enumerate(takers[: int(random.integers(1, CHILDREN_MAX))]):
        face = int(left * random.uniform(0.2, 0.6))
        left -= face
        children.append(_child(voucher, at + 1, taker, face))
    if partly:
        return replace(voucher, status="settled" if voucher.due_day <= 0 else "held"), children
    rest = _child(voucher, len(children) + 1, voucher.holder, left)
    return replace(voucher, status="split"), [*children, rest]


def _child(parent: Voucher, at: int, holder: int, face: int) -> Voucher:
    issued = min(0, parent.issued_day + 5 * parent.tier)
    return replace(
        parent,
        number=f"{parent.number}-{at}",
        holder=holder,
        amount_fen=face,
        issued_day=issued,
        parent=parent.number,
        tier=parent.tier + 1,
    )


def _ended(random: np.random.Generator, voucher: Voucher) -> Voucher:
    """Return a voucher with its last status: settled when due, else held or financed."""
    spot = random.random()
    if voucher.due_day <= 0:
        status = "dishonoured" if spot < DISHONOURED else "settled"
    else:
        status = "financed" if spot < FINANCED else "held"
    return replace(voucher, status=status)
