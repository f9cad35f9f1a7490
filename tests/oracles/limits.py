"""
A slow, plain second reading of docs/limits.md, from raw rows to limits, in exact fractions.

It shares no code with the product: rows are dictionaries as they stand in the files (amounts in
fen), contagion figures are handed in. Policy values are written out again here.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

Row = Mapping[str, Any]
Pair = tuple[str, str]
ZERO = Fraction(0)
ONE = Fraction(1)
TIERS_MAX = 5
GRADES = [f"R{n}" for n in range(1, 16)]
K = dict(zip(GRADES, [60] * 3 + [40] * 3 + [20] * 3 + [8] * 2 + [0] * 4, strict=True)) | {"D": 0}
GRADE = dict(zip(GRADES, [12] * 3 + [10] * 3 + [8] * 3 + [5] * 3 + [0] * 3, strict=True)) | {"D": 0}
PD_BP = [3, 4.8, 7.6, 12.1, 19.2, 30.6, 48.7, 77.5, 123.3, 196.1, 312, 496.5, 790, 1257, 2000]
PD = {g: Fraction(str(p)) / 10000 for g, p in zip(GRADES, PD_BP, strict=True)} | {"D": ONE}
STATEMENT = [
    "revenue",
    "cost",
    "profit",
    "inventory",
    "receivable",
    "payable",
    "prepaid",
    "advances",
    "own_funds",
    "working_capital_loans",
    "expected_growth",
]
BANK_CAPITAL = 50 * 10**9 * 100


def cut(value: Fraction) -> Fraction:
    """Cut towards zero at 12 places."""
    scaled = value * 10**12
    whole = abs(scaled.numerator) // scaled.denominator
    return Fraction(whole if scaled >= 0 else -whole, 10**12)


def floor(value: Fraction) -> int:
    return value.numerator // value.denominator


@dataclass
class Economy:
    """The raw rows of one version and its as-of date."""

    as_of: dt.date
    firms: list[Row]
    invoices: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    receivables: list[Row] = field(default_factory=list)
    vouchers: list[Row] = field(default_factory=list)
    holdings: list[Row] = field(default_factory=list)
    registrations: list[Row] = field(default_factory=list)
    own_names: tuple[str, ...] = ()
    # What the platform knows: rows of receivables and nodes of vouchers, as `app.chain.limits.book`
    # has them, what is frozen of cores (fen, event), and the business day.
    known: list[Row] = field(default_factory=list)
    nodes: list[Row] = field(default_factory=list)
    frozen: dict[str, tuple[int, int]] = field(default_factory=dict)
    day: dt.date | None = None


def key(row: Row) -> tuple[str, str, str]:
    return (row["number"], row["seller"], row["buyer"])


class Oracle:
    """Every figure of limits.md, recomputed on demand."""

    def __init__(
        self,
        economy: Economy,
        loss: Callable[[str, str], Fraction],
    ) -> None:
        """Take the rows, and the share of its production that a firm loses when one closes."""
        self.e = economy
        self.loss = loss
        self.books = {row["firm"]: row for row in economy.firms}
        self.cores = sorted(f for f, row in self.books.items() if row.get("core"))
        self._trade()
        self._rows()
        self._claims()
        self.chains = {core: self._chain(core) for core in self.cores}
        self.belonging = self._belonging()
        self.facility = {core: self._facility(core) for core in self.cores}
        self._documents()
        self.listed = {core: dict(chain) for core, chain in self.chains.items()}
        self._list_holders()
        self._passing()
        self._relation()

    # Trade ----------------------------------------------------------------------------------

    def within(self, day: dt.date, days: int) -> bool:
        return self.e.as_of - dt.timedelta(days=days) < day <= self.e.as_of

    def _trade(self) -> None:
        self.net: dict[Pair, int] = defaultdict(int)
        self.blue: dict[Pair, int] = defaultdict(int)
        self.red: dict[Pair, int] = defaultdict(int)
        self.recent: dict[Pair, int] = defaultdict(int)
        for row in self.e.invoices:
            pair = (row["seller"], row["buyer"])
            if self.within(row["issued_on"], 90):
                self.recent[pair] += row["total"]
            if self.within(row["issued_on"], 365):
                self.net[pair] += row["amount"]
                if row["amount"] >= 0:
                    self.blue[pair] += row["amount"]
                else:
                    self.red[pair] -= row["amount"]
        self.sales: dict[str, int] = defaultdict(int)
        self.purchases: dict[str, int] = defaultdict(int)
        for (seller, buyer), amount in self.net.items():
            self.sales[seller] += amount
            self.purchases[buyer] += amount
        self.sales = {f: max(0, a) for f, a in self.sales.items()}
        self.purchases = {f: max(0, a) for f, a in self.purchases.items()}
        self.delivered: dict[Pair, int] = defaultdict(int)
        for row in self.e.orders:
            if row.get("delivered_on") and self.within(row["delivered_on"], 365):
                self.delivered[(row["seller"], row["buyer"])] += row["amount"]

    # Receivables ----------------------------------------------------------------------------

    def face(self, row: Row) -> int:
        return int(row["amount"]) - (row.get("paid") or 0)

    def pledged(self, owner: str, debtor: str, *numbers: str | None) -> bool:
        """Tell whether somebody else has a paper (without numbers: all between two) as security."""
        day = self.e.as_of
        for row in self.e.registrations:
            ended = row.get("expires_on") and row["expires_on"] < day
            ours = row.get("secured_party") in self.e.own_names
            live = (row.get("status") or "live") == "live" and row["registered_on"] <= day
            if row["pledgor"] != owner or ended or ours or not live:
                continue
            if row.get("document"):
                if row["document"] in numbers:
                    return True
            elif row.get("debtor") in (None, debtor):
                return True
        return False

    def state(self, row: Row) -> str:
        """Read the state of a receivable on the as-of date."""
        day = self.e.as_of
        word = row.get("status") or "open"
        if word == "void":
            return "void"
        paid_on, confirmed_on = row.get("paid_on"), row.get("confirmed_on")
        if (paid_on and paid_on <= day) or (row.get("paid") and self.face(row) <= 0):
            return "paid"
        if word in ("disputed", "financed"):
            return str(word)
        if word == "paid" and not paid_on:
            return "paid"
        if confirmed_on:
            return "confirmed" if confirmed_on <= day else "open"
        return "confirmed" if word == "confirmed" else "open"

    def _rows(self) -> None:
        files = {key(row): row for row in self.e.receivables if row["issued_on"] <= self.e.as_of}
        known = [self._of_platform(files.pop(key(row), None), row) for row in self.e.known]
        self.rows = [(row, self.state(row)) for row in files.values()] + known
        children: dict[str, int] = defaultdict(int)
        issued = {(row["number"], row["issuer"]) for row in self.e.nodes}
        seen = [row for row in self.e.vouchers if row["issued_on"] <= self.e.as_of]
        for row in seen:
            if row.get("parent"):
                children[row["parent"]] += row["amount"]
        self.held_vouchers = [
            (row, max(0, row["amount"] - children[row["number"]]))
            for row in seen
            if (row.get("status") or "held") == "held"
            and (row["number"], row["issuer"]) not in issued
        ]
        self.held_vouchers += [(row, row["held"]) for row in self.e.nodes]

    def _of_platform(self, file: Row | None, row: Row) -> tuple[Row, str]:
        """Read a receivable that the platform knows, and what a file still says of it."""
        settled = row["state"] in ("financing", "financed", "replaced", "paid", "void")
        word = {"financing": "confirmed", "financed": "confirmed", "elsewhere": "financed"}
        state = word.get(row["state"], row["state"])
        paid, stated, registry = row.get("paid") or 0, row["was_confirmed"], row.get("registry_id")
        if file:
            confirmed_on = file.get("confirmed_on")
            stated = stated or bool(confirmed_on and confirmed_on <= self.e.as_of)
            registry = registry or file.get("registry_id")
            if not settled:
                paid = max(paid, file.get("paid") or 0)
                if (said := self.state(file)) in ("paid", "void", "financed"):
                    state = said
        left = min(paid, row["amount"])
        return {**row, "paid": left, "was_confirmed": stated, "registry_id": registry}, state

    def in_tenor(self, due_on: dt.date) -> bool:
        day = self.e.day or self.e.as_of
        return day <= due_on <= day + dt.timedelta(days=180)

    def is_document(self, row: Row, state: str) -> bool:
        return state == "confirmed" and row["buyer"] in self.cores and self.in_tenor(row["due_on"])

    def is_known(self, core: str) -> bool:
        book = self.books[core]
        rate = book.get("rating") is not None and book.get("tangible_net_worth") is not None
        return rate or all(
            book.get(name) is not None for name in ("operating_cash_flow", "cash", "short_debt")
        )

    def groups(self) -> dict[str, str]:
        """Join firms by control or more than half the equity."""
        root: dict[str, str] = {}

        def find(firm: str) -> str:
            while root.get(firm, firm) != firm:
                firm = root[firm]
            return firm

        for row in self.e.holdings:
            begun = not row.get("from") or row["from"] <= self.e.as_of
            ended = row.get("to") and row["to"] < self.e.as_of
            joins = row.get("kind") == "control" or (row.get("share") or 0) > Fraction(1, 2)
            if begun and not ended and joins:
                first, second = sorted((find(row["owner"]), find(row["owned"])))
                root[second] = first
        return {firm: find(firm) for firm in list(root)}

    def _claims(self) -> None:
        day = self.e.as_of
        unpaid: dict[str, int] = defaultdict(int)
        overdue: dict[str, int] = defaultdict(int)
        gross: dict[Pair, int] = defaultdict(int)
        issued: dict[Pair, int] = defaultdict(int)
        self.disputed: dict[Pair, int] = defaultdict(int)
        for row, state in self.rows:
            pair = (row["seller"], row["buyer"])
            if state in ("open", "confirmed", "disputed"):
                unpaid[row["buyer"]] += self.face(row)
                overdue[row["buyer"]] += self.face(row) if row["due_on"] < day else 0
            if self.within(row["issued_on"], 90):
                issued[pair] += row["amount"]
            if state == "disputed" and self.within(row["issued_on"], 365):
                self.disputed[pair] += self.face(row)
            document = self.is_document(row, state) and self.is_known(row["buyer"])
            young = (day - row["issued_on"]).days <= 180 and (day - row["due_on"]).days <= 60
            given = self.pledged(*pair, row["number"], row.get("registry_id"))
            if state in ("open", "confirmed") and young and not document and not given:
                gross[pair] += self.face(row)
        for pair, total in self.recent.items():
            if not self.pledged(*pair):
                gross[pair] += max(0, total - issued[pair])
        group = self.groups()
        self.claim: dict[Pair, int] = {}
        for (i, j), amount in sorted(gross.items()):
            aged = unpaid[j] > 0 and Fraction(overdue[j], unpaid[j]) >= Fraction(1, 4)
            left = amount - min(amount, gross.get((j, i), 0))
            if left > 0 and not aged and group.get(i, i) != group.get(j, j):
                self.claim[i, j] = left

    def rate(self, pair: Pair) -> Fraction:
        covered = self.delivered[pair] >= self.claim[pair]
        top = Fraction(85, 100) if covered else Fraction(70, 100)
        lost, sold = self.red[pair] + self.disputed[pair], self.blue[pair]
        dilution = min(ONE, cut(Fraction(lost, sold))) if sold > 0 else (ONE if lost > 0 else ZERO)
        return min(top, max(ZERO, top - max(ZERO, dilution - Fraction(5, 100))))

    # Chains and belonging -------------------------------------------------------------------

    def links(self, pair: Pair) -> bool:
        amount = self.net[pair]
        share = Fraction(5, 1000)
        seller, buyer = pair
        return amount > 0 and (
            amount >= share * self.sales[seller] or amount >= share * self.purchases[buyer]
        )

    def _walk(self, core: str, near: int) -> dict[str, int]:
        tier = {core: 0}
        frontier = {core}
        for step in range(1, TIERS_MAX + 1):
            found = {
                pair[1 - near]
                for pair in list(self.net)
                if pair[near] in frontier and pair[1 - near] not in tier and self.links(pair)
            }
            tier |= dict.fromkeys(found, step)
            frontier = found
        return {firm: at for firm, at in tier.items() if firm != core}

    def _chain(self, core: str) -> dict[str, tuple[str, int]]:
        up, down = self._walk(core, 1), self._walk(core, 0)
        self.up = getattr(self, "up", {}) | {core: up}
        self.down = getattr(self, "down", {}) | {core: down}
        listed = {}
        for firm in sorted(set(up) | set(down)):
            far = TIERS_MAX + 1
            if up.get(firm, far) <= down.get(firm, far):
                listed[firm] = ("up", up[firm])
            else:
                listed[firm] = ("down", down[firm])
        return listed

    def _belonging(self) -> dict[Pair, Fraction]:
        buyers: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for (seller, buyer), amount in self.net.items():
            if amount > 0:
                buyers[seller].append((buyer, amount))
        now = {(core, core): ONE for core in self.cores}
        for _ in range(TIERS_MAX):
            after = {(core, core): ONE for core in self.cores}
            for seller, sold in buyers.items():
                if seller in self.cores:
                    continue
                total = sum(amount for _, amount in sold)
                for core in self.cores:
                    got = sum((a * now.get((b, core), ZERO) for b, a in sold), ZERO)
                    if got:
                        after[seller, core] = got / total
            now = after
        return {pair: cut(share) for pair, share in now.items()}

    def partners(self, i: str) -> set[str]:
        """Name the three largest buyers and the three largest suppliers of a firm."""
        found = set()
        for near in (0, 1):
            own = [
                (-a, pair[1 - near]) for pair, a in self.net.items() if pair[near] == i and a > 0
            ]
            found |= {partner for _, partner in sorted(own)[:3]}
        return found

    def worst(self, i: str) -> Fraction:
        chains = {core for core in self.cores if i in self.chains[core]}
        return max((self.loss(i, j) for j in chains | self.partners(i)), default=ZERO)

    # Facility and documents -----------------------------------------------------------------

    def _facility(self, core: str) -> Fraction | None:
        if not self.is_known(core):
            return None
        book = self.books[core]
        bought = sum(self.net[s, core] for s, tier in self.up[core].items() if tier == 1)
        sold = sum(self.net[core, d] for d, tier in self.down[core].items() if tier == 1)
        up = Fraction(8, 10) * bought * Fraction(5, 10) * 90
        down = Fraction(7, 10) * sold * Fraction(5, 10) * 60 * Fraction(7, 10)
        caps = [cut(up / 365) + cut(down / 365)]
        if book.get("rating") is not None and book.get("tangible_net_worth") is not None:
            caps.append(Fraction(K[book["rating"]], 100) * max(0, book["tangible_net_worth"]))
        cash = [book.get(name) for name in ("operating_cash_flow", "cash", "short_debt")]
        if None not in cash:
            caps.append(Fraction(max(0, cash[0] + cash[1] - cash[2]), 2))
        caps.append(Fraction(max(0, BANK_CAPITAL // 10 - (book.get("loans") or 0))))
        return min(caps)

    def _documents(self) -> None:
        self.held: dict[Pair, int] = defaultdict(int)
        self.occupied: dict[str, int] = defaultdict(int)
        for row, state in self.rows:
            core = row["buyer"]
            confirmed_on = row.get("confirmed_on")
            confirmed = bool(confirmed_on and confirmed_on <= self.e.as_of)
            confirmed = row.get("was_confirmed", confirmed)
            if core in self.cores and (
                state == "confirmed" or (state in ("disputed", "financed") and confirmed)
            ):
                self.occupied[core] += self.face(row)
            given = self.pledged(row["seller"], core, row["number"], row.get("registry_id"))
            if self.is_document(row, state) and self.is_known(core) and not given:
                self.held[row["seller"], core] += self.face(row)
        for row, face in self.held_vouchers:
            core = row["issuer"]
            if core in self.cores:
                self.occupied[core] += row.get("occupies", face)
                given = self.pledged(row["holder"], core, row["number"])
                if self.is_known(core) and self.in_tenor(row["due_on"]) and face > 0 and not given:
                    self.held[row["holder"], core] += face
        self.document_factor = {}
        for core, limit in self.facility.items():
            if limit is None:
                continue
            occupied = self.occupied[core]
            self.document_factor[core] = min(ONE, cut(limit / occupied)) if occupied else ONE
        self.documents = {
            (i, c): Fraction(95, 100) * amount * self.document_factor[c]
            for (i, c), amount in self.held.items()
        }

    def _list_holders(self) -> None:
        for i, c in self.held:
            if i != c and i not in self.chains[c]:
                self.chains[c][i] = ("up", 1)

    def _passing(self) -> None:
        owed: dict[str, list[str]] = defaultdict(list)
        for m, j in self.claim:
            owed[j].append(m)
        left = dict(self.claim)
        self.arrived: dict[Pair, int] = defaultdict(int)
        self.passed: dict[Pair, int] = defaultdict(int)
        before: dict[Pair, int] = dict(self.held)
        for _ in range(TIERS_MAX):
            moved: dict[tuple[str, str, str], int] = {}
            at: dict[str, int] = defaultdict(int)
            for (j, _), amount in before.items():
                at[j] += amount
            for (j, c), amount in before.items():
                whole = sum(self.claim[m, j] for m in owed[j])
                for m in owed[j]:
                    fair = Fraction(left[m, j] * amount, at[j])
                    most = Fraction(8, 10) * amount * self.claim[m, j] / whole
                    part = floor(min(fair, most))
                    if part >= 100_000:
                        moved[m, j, c] = part
            before = defaultdict(int)
            for (m, j, c), part in moved.items():
                left[m, j] -= part
                before[m, c] += part
                self.arrived[m, c] += part
                self.passed[j, c] += part

    def reachable(self, i: str, c: str) -> int:
        if c not in self.document_factor:
            return 0
        return floor(Fraction(95, 100) * self.document_factor[c] * self.arrived[i, c])

    # Relation and the limit -----------------------------------------------------------------

    def _base(self, i: str, c: str) -> Fraction:
        total = ZERO
        for pair, amount in self.claim.items():
            if pair[0] == i:
                total += self.rate(pair) * amount * self.belonging.get((pair[1], c), ZERO)
        mine = self.down[c].get(i)
        if mine is not None:
            for (j, buyer), amount in self.net.items():
                if buyer == i and amount > 0 and self._nearer(j, i, c):
                    chains = sum(self._nearer(j, i, other) for other in self.cores)
                    total += cut(Fraction(7, 10) * amount * 60 / (365 * chains))
        return total

    def _nearer(self, j: str, i: str, c: str) -> bool:
        tiers = self.down[c] | {c: 0}
        return i in self.down[c] and tiers.get(j) == self.down[c][i] - 1

    def own(self, i: str) -> Fraction | None:
        if i not in self.sales:
            return None
        book = self.books[i]
        amount = Fraction(20, 100) * self.sales[i]
        if book.get("size") == "micro":
            amount = min(amount, cut(Fraction(2 * self.sales[i], 12)))
        return amount * Fraction(GRADE.get(book.get("rating") or "", 10), 10)

    def _relation(self) -> None:
        member = [(i, c) for c in self.cores for i in self.chains[c] if i in self.books]
        self.base = {(i, c): self._base(i, c) for i, c in member}
        self.unscaled: dict[Pair, Fraction | None] = {}
        for i, c in member:
            own, whole = self.own(i), sum((self.base.get((i, d), ZERO) for d in self.cores), ZERO)
            if own is None:
                self.unscaled[i, c] = None
                continue
            mine = min(own * cut(self.base[i, c] / whole), self.base[i, c]) if whole else ZERO
            firm = max(Fraction(3, 10), min(ONE, ONE - cut(self.worst(i) / 2)))
            self.unscaled[i, c] = mine * firm
        self.chain_factor = {c: self._chain_factor(c) for c in self.cores}

    def _chain_factor(self, c: str) -> Fraction:
        limit = self.facility[c]
        if limit is None:
            return Fraction(1, 2)
        drawn = {i: u for (i, d), u in self.unscaled.items() if d == c and u}
        total = sum(drawn.values(), ZERO)
        stressed = ZERO
        for i, u in drawn.items():
            rating = self.books[i].get("rating")
            pd = PD[rating] if rating else Fraction(5, 100)
            stressed += u * min(ONE, pd + cut(self.loss(i, c) / 2)) * Fraction(6, 10)
        reserved = self.e.frozen.get(c, (0, 0))[0]
        room = max(ZERO, limit - self.occupied[c] - reserved)
        factors = [ONE]
        if total:
            factors.append(cut(room / (total / 2)))
        if stressed:
            factors.append(cut(limit / 10 / stressed))
        return min(factors)

    def need(self, i: str) -> Fraction | None:
        documents = sum((self.documents.get((i, c), ZERO) for c in self.cores), ZERO)
        if all(self.books[i].get(name) is not None for name in STATEMENT):
            return self._working_capital(self.books[i])
        if i not in self.sales:
            return None
        return cut(Fraction(self.sales[i] * 90, 360)) + documents

    def _working_capital(self, book: Row) -> Fraction:
        sales, cost = Fraction(book["revenue"]), Fraction(book["cost"])
        grown = (sales - book["profit"]) * (ONE + Fraction(repr(book["expected_growth"])))
        stock = book["inventory"] + book["prepaid"] - book["payable"]
        owed = book["receivable"] - book["advances"]
        capital = max(ZERO, cut(stock * grown / cost) + cut(owed * grown / sales))
        return max(ZERO, capital - book["own_funds"] - book["working_capital_loans"])

    def limit(self, i: str, c: str) -> tuple[int, str]:
        """Return the limit of a firm in a chain in fen, and what binds it."""
        documents = self.documents.get((i, c), ZERO)
        unscaled = self.unscaled[i, c]
        relation = ZERO if unscaled is None else unscaled * self.chain_factor[c]
        terms = {"funding": documents + relation}
        parts = {
            d: self.documents.get((i, d), ZERO) + self.base.get((i, d), ZERO) for d in self.cores
        }
        whole = sum(parts.values(), ZERO)
        share = cut(parts[c] / whole) if whole else ONE
        need = self.need(i)
        if need is not None:
            terms["need"] = need * share
        terms["product_cap"] = 20_000_000_00 * share
        room = BANK_CAPITAL // 10 - (self.books[i].get("loans") or 0)
        terms["single_borrower_cap"] = max(0, room) * share
        order = ["need", "funding", "product_cap", "single_borrower_cap"]
        binding = min((code for code in order if code in terms), key=lambda code: terms[code])
        return floor(terms[binding]), binding

    def members(self) -> Iterable[Pair]:
        """Yield every firm with books in every chain, as (firm, core)."""
        for core in self.cores:
            for firm in self.chains[core]:
                if firm in self.books:
                    yield firm, core
