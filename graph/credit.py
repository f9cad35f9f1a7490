"""
Credit passed down the tiers: documents move from holder to creditor, never more than there is.

In step s firm j may pass `pass_on` of what arrived in step s - 1, per core, to its creditors m
in proportion to their claims R_mj, never above what is left of a claim, which the cores share in
proportion to what arrived:

    P = floor(min(left_mj arrived_jc / sum_c arrived_jc, pass_on arrived_jc R_mj / sum_m R_mj))

Amounts under `cut_off` stay. Then left falls by all P, and arrived of m is the sum of its P.
Whole fen throughout: what is passed is moved, not added (docs/limits.md, section 4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from graph.errors import InvalidInput

Claims = Mapping[tuple[int, int], int]
Held = Mapping[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class Passed:
    """One amount that moved: in which step, of which core, from whom to whom."""

    step: int
    core: int
    giver: int
    taker: int
    amount_fen: int


def pass_on(
    held: Held, claims: Claims, *, share: Fraction, steps_max: int, cut_off_fen: int
) -> list[Passed]:
    """
    Return every amount that holders of documents can pass on, step by step.

    Args:
        held: Documents in fen by (firm, core).
        claims: What (creditor, debtor) may claim, in fen.
        share: Part of what arrived that a firm may pass on, in [0, 1].
        steps_max: Steps after which nothing is passed on.
        cut_off_fen: Amounts below this stay.

    Raises:
        InvalidInput: The share lies outside [0, 1], or an amount is negative.

    Example:
        >>> held = {(1, 0): 800_000_000}
        >>> claims = {(2, 1): 200_000_000, (3, 1): 300_000_000}
        >>> rules = {"share": Fraction(4, 5), "steps_max": 5, "cut_off_fen": 100_000}
        >>> [(p.taker, p.amount_fen) for p in pass_on(held, claims, **rules)]
        [(2, 200000000), (3, 300000000)]
    """
    if not 0 <= share <= 1:
        raise InvalidInput(f"share to pass on must be in [0, 1], not {share}")
    if any(amount < 0 for amount in held.values()) or any(a < 0 for a in claims.values()):
        raise InvalidInput("documents and claims must not be negative")
    creditors: dict[int, list[tuple[int, int]]] = {}
    for (creditor, debtor), amount in sorted(claims.items()):
        if amount > 0:
            creditors.setdefault(debtor, []).append((creditor, amount))
    left = dict(claims)
    arrived = {pair: amount for pair, amount in sorted(held.items()) if amount > 0}
    passed: list[Passed] = []
    for step in range(1, steps_max + 1):
        moved = _step(step, arrived, creditors, left=left, share=share, cut_off_fen=cut_off_fen)
        arrived = {}
        for part in moved:
            left[part.taker, part.giver] -= part.amount_fen
            pair = (part.taker, part.core)
            arrived[pair] = arrived.get(pair, 0) + part.amount_fen
        passed += moved
    return passed


def _step(
    step: int,
    arrived: Held,
    creditors: Mapping[int, list[tuple[int, int]]],
    *,
    left: Claims,
    share: Fraction,
    cut_off_fen: int,
) -> list[Passed]:
    everything: dict[int, int] = {}
    for (firm, _), amount in arrived.items():
        everything[firm] = everything.get(firm, 0) + amount
    moved = []
    for (giver, core), amount in sorted(arrived.items()):
        owed = creditors.get(giver, [])
        whole = sum(claim for _, claim in owed)
        for taker, claim in owed:
            fair = left[taker, giver] * amount // everything[giver]
            most = share.numerator * amount * claim // (share.denominator * whole)
            part = min(fair, most)
            if part > 0 and part >= cut_off_fen:
                moved.append(Passed(step, core, giver, taker, part))
    return moved
