"""
What banks lose when their borrowers cannot make or sell (financial systemic risk index).

A cascade leaves firm i with `hd_i` of its inputs and `hu_i` of its orders (`graph.contagion`).
With revenue R, cost S, equity E and liquid means L of a firm, B_ki what bank k has lent to it:

    share:   p_i = (1 - min(hd_i, hu_i)) (R_i - S_i)                   lost profit [1]
    margin:  p_i = max(0, (1 - hu_i) R_i - (1 - hd_i) S_i)             lost profit [2]
    chi_i    = 1 where L_i < p_i (illiquid), E_i < p_i (insolvent), or either [1]
    chi_i    = min(1, p_i / E_i)                                       gradual [2]
    loss_k   = LGD sum_i B_ki chi_i
    FSRI     = sum_k min(E_k, loss_k) / sum_k E_k

Then banks lose on each other: nonlinear DebtRank from the shares of equity lost [2].

[1] Z. Tabachova et al., Estimating the impact of supply chain network contagion on financial
    stability, Journal of Financial Stability 75 (2024). [2] Multilayer variant, arXiv 2603.09854.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graph.arrays.dtypes import FloatArray, IntArray
from graph.errors import InvalidInput
from graph.network.firms import Frame, refuse, refuse_amounts, refuse_size, scenario_frame, whole
from graph.spread.equity.debtrank import Exposures, spread_equity
from graph.spread.production.cascade import losses_of
from graph.spread.production.economy import Production, Rules
from graph.spread.production.results import Block
from graph.spread.shocks import Scenarios

Default = Literal["illiquid", "insolvent", "either", "gradual"]
Profit = Literal["share", "margin"]
DEFAULTS = ("illiquid", "insolvent", "either", "gradual")
PROFITS = ("share", "margin")
ETA = 2.0  # The published setting between banks [2].


@dataclass(frozen=True, slots=True)
class Terms:
    """
    When a firm defaults and what that costs; part of every result.

    Args:
        lgd: Share of a loan to a defaulted firm that is lost.
        default: Who defaults; `gradual`: every loan loses the share of equity lost.
        profit: How lost production becomes lost profit.
        closed_default: Whether a firm that the scenario closes defaults whatever its means.
        eta: How steep losses between banks are (DebtRank): 0 is linear.
    """

    lgd: float = 1.0
    default: Default = "either"
    profit: Profit = "share"
    closed_default: bool = False
    eta: float = ETA

    def __post_init__(self) -> None:
        if not 0.0 <= self.lgd <= 1.0:
            raise InvalidInput(f"lgd {self.lgd} is not in [0, 1]")
        for name, word, words in (
            ("default", self.default, DEFAULTS),
            ("profit", self.profit, PROFITS),
        ):
            if word not in words:
                raise InvalidInput(f"{name} {word!r} is none of {', '.join(words)}")
        if not (np.isfinite(self.eta) and self.eta >= 0.0):
            raise InvalidInput(f"eta {self.eta} is negative or missing")


@dataclass(frozen=True, slots=True)
class Books:
    """
    What stands between a firm's losses and its banks, by row, in the loans' unit of money.

    Args:
        revenue: Of the year that a production loss is a share of.
        cost: Of the material that the revenue needs.
        equity: Lost before creditors lose; not needed where only liquid means count.
        liquidity: Means that can be paid out; not needed where only equity counts.
    """

    revenue: npt.ArrayLike
    cost: npt.ArrayLike
    equity: npt.ArrayLike | None = None
    liquidity: npt.ArrayLike | None = None


@dataclass(frozen=True, slots=True)
class Banks:
    """Equity of banks, what each has lent to whom, and what banks owe each other."""

    equity: FloatArray
    borrowers: IntArray  # Rows of firms with a loan, ascending.
    loans: sparse.csr_array  # Bank x borrower.
    between: Exposures | None = None

    def __len__(self) -> int:
        return len(self.equity)

    @classmethod
    def build(
        cls,
        equity: npt.ArrayLike,
        *,
        banks: npt.ArrayLike,
        firms: npt.ArrayLike,
        amounts: npt.ArrayLike,
        between: Exposures | None = None,
    ) -> Self:
        """
        Return banks with this equity and these loans; equal pairs are added up.

        Args:
            equity: Of every bank, not negative.
            banks: Row of the lending bank, by loan.
            firms: Row of the borrowing firm.
            amounts: What is lent, not negative.
            between: Claims of banks on banks, as shares of equity.

        Raises:
            InvalidInput: A column is not what it must be.
        """
        own = np.array(equity, np.float64)
        lenders, rows = whole(banks, "banks"), whole(firms, "firms")
        lent = np.array(amounts, np.float64)
        if not len(lenders) == len(rows) == len(lent):
            raise InvalidInput("banks, firms and amounts differ in length")
        refuse_amounts(own, "equity")
        refuse((lenders < 0) | (lenders >= len(own)), "banks", "is no row of a bank")
        refuse(rows < 0, "firms", "is no row of a firm")
        refuse_amounts(lent, "amounts")
        if between is not None and len(between) != len(own):
            raise InvalidInput(f"claims of {len(between)} banks on each other, {len(own)} banks")
        borrowers, places = np.unique(rows, return_inverse=True)
        shape = (len(own), len(borrowers))
        loans = sparse.coo_array((lent, (lenders, places)), shape=shape).tocsr()
        return cls(own, borrowers, loans, between)


@dataclass(frozen=True, slots=True)
class Lending:
    """Who may fail, who has lent to whom, and on what terms a loan is lost."""

    books: Books
    banks: Banks
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class Lost:
    """What banks lose in one scenario, in money, and after losing on each other too."""

    loss: FloatArray  # By bank, on loans to firms.
    interbank: FloatArray | None  # By bank, of its equity at most, with claims between banks.
    defaults: int  # Borrowers in default; with `gradual` those that lost all equity.


@dataclass(frozen=True, slots=True)
class Fsri:
    """The share of all banks' equity that each scenario costs."""

    fsri: FloatArray
    interbank: FloatArray | None  # The same after losses between banks.
    loss: FloatArray  # Money lost on loans, also above a bank's equity.
    defaults: IntArray
    terms: Terms
    rules: Rules
    scenarios: Any = field(default=None, repr=False)  # What each is called.

    def to_pandas(self) -> Frame:
        """Return a row a scenario: scenario, fsri, loss, defaults; interbank where banks lend."""
        between = {} if self.interbank is None else {"interbank": self.interbank}
        columns = {"fsri": self.fsri, "loss": self.loss, "defaults": self.defaults}
        return scenario_frame(self.scenarios, **columns, **between)


def fsri(
    production: Production,
    scenarios: Scenarios,
    lending: Lending,
    *,
    rules: Rules | None = None,
    threads: int = 1,
) -> Fsri:
    """
    Return the share of the banks' equity that every scenario costs.

    Args:
        production: The prepared economy.
        scenarios: What fails first; `Scenarios.alone(rows)` closes each of these firms alone.
        lending: Books of every firm, the banks' loans, and who defaults.
        rules: When a cascade stops; the published setting by default.
        threads: How many scenarios run at a time.

    Raises:
        InvalidInput: A column does not fit, or equity or liquidity is missing that is asked for.
        NotConverged: A cascade or the losses between banks still moved at the bound on rounds.

    Example:
        Firm 0 sells to 1, which owes the only bank thirty and cannot pay without its profit.

        >>> from graph.contagion import Economy, prepare
        >>> production = prepare(Economy(2, suppliers=[0], buyers=[1], amounts=[4.0]))
        >>> books = Books([4.0, 9.0], [0.0, 4.0], equity=[9.0, 3.0], liquidity=[9.0, 9.0])
        >>> bank = Banks.build([60.0], banks=[0], firms=[1], amounts=[30.0])
        >>> fsri(production, Scenarios.alone([0]), Lending(books, bank)).fsri.tolist()
        [0.5]
    """
    rules = rules or Rules()
    every = bank_losses(production, scenarios, lending, rules=rules, threads=threads)
    return replace(summed(every, lending, rules), scenarios=scenarios.names(production))


def summed(every: Iterable[Lost], lending: Lending, rules: Rules) -> Fsri:
    """
    Return what scenarios cost, from what every bank loses in each.

    Example:
        >>> bank = Banks.build([60.0, 20.0], banks=[0], firms=[1], amounts=[30.0])
        >>> lost = Lost(loss=np.array([30.0, 50.0]), interbank=None, defaults=1)
        >>> summed([lost], Lending(Books([], []), bank), Rules()).fsri.tolist()
        [0.625]
    """
    equity = lending.banks.equity
    total = float(equity.sum())
    first, second, loss, defaults = [], [], [], []
    for lost in every:
        first.append(_share(np.minimum(equity, lost.loss), total))
        loss.append(float(lost.loss.sum()))
        defaults.append(lost.defaults)
        if lost.interbank is not None:
            second.append(_share(lost.interbank, total))
    return Fsri(
        np.array(first, np.float64),
        np.array(second, np.float64) if lending.banks.between is not None else None,
        np.array(loss, np.float64),
        np.array(defaults, np.int64),
        lending.terms,
        rules,
    )


def bank_losses(
    production: Production,
    scenarios: Scenarios,
    lending: Lending,
    *,
    rules: Rules | None = None,
    threads: int = 1,
) -> Iterator[Lost]:
    """
    Yield what every bank loses, scenario by scenario; arguments and errors as of `fsri`.

    Example:
        >>> from graph.contagion import Economy, prepare
        >>> production = prepare(Economy(2, suppliers=[0], buyers=[1], amounts=[4.0]))
        >>> books = Books([4.0, 9.0], [0.0, 4.0], equity=[9.0, 3.0], liquidity=[9.0, 9.0])
        >>> bank = Banks.build([60.0], banks=[0], firms=[1], amounts=[30.0])
        >>> lending = Lending(books, bank, Terms(lgd=0.5))
        >>> next(bank_losses(production, Scenarios.alone([0]), lending)).loss.tolist()
        [15.0]
    """
    banks, terms = lending.banks, lending.terms
    refuse(banks.borrowers >= len(production), "firms", "is no row of a firm")
    buffers = Buffers.of(lending.books, banks.borrowers, len(production), terms)
    start = 0
    blocks = losses_of(production, scenarios, banks.borrowers, rules=rules, threads=threads)
    for block in blocks:
        shares = buffers.lost(block, terms)
        if terms.closed_default:
            own = scenarios.some(np.arange(start, start + len(shares)))
            _close(shares, own, banks.borrowers)
        start += len(shares)
        # One scenario after another: the sums have the same bits in any block.
        for failed in shares:
            loss = terms.lgd * (banks.loans @ failed)
            yield Lost(loss, _between(banks, loss, terms), int((failed >= 1.0).sum()))


@dataclass(frozen=True, slots=True)
class Buffers:
    """Profit and buffers of borrowers, in one order."""

    revenue: FloatArray
    cost: FloatArray
    equity: FloatArray
    liquidity: FloatArray

    @classmethod
    def of(cls, books: Books, borrowers: IntArray, firms: int, terms: Terms) -> Self:
        """
        Return the borrowers' books; a buffer that the terms do not read is endless.

        Raises:
            InvalidInput: A column is missing that the terms read, or does not fit.
        """
        counts = {
            "equity": terms.default != "illiquid",
            "liquidity": terms.default in ("illiquid", "either"),
        }
        columns = []
        for name in ("revenue", "cost", "equity", "liquidity"):
            given = getattr(books, name)
            if not counts.get(name, True):
                columns.append(np.full(len(borrowers), np.inf))
                continue
            if given is None:
                raise InvalidInput(f"{name} is needed where default is {terms.default!r}")
            values = np.array(given, np.float64)
            refuse_size(values, firms, name)
            refuse_amounts(values, name)
            columns.append(values[borrowers])
        return cls(*columns)

    def lost(self, block: Block, terms: Terms) -> FloatArray:
        """Return the share of its loans that each borrower (column) does not pay back."""
        if terms.profit == "share":
            lost = np.maximum(block.down, block.up) * (self.revenue - self.cost)
        else:
            lost = block.up * self.revenue - block.down * self.cost
        profit = np.asarray(lost.clip(min=0.0), np.float64)
        if terms.default != "gradual":
            return ((profit > self.equity) | (profit > self.liquidity)).astype(np.float64)
        # Nothing lost of no equity is nothing; something lost of no equity is everything.
        shares = (profit > 0.0).astype(np.float64)
        np.divide(profit, self.equity, out=shares, where=self.equity > 0.0)
        return np.clip(shares, 0.0, 1.0)


def _close(shares: FloatArray, scenarios: Scenarios, borrowers: IntArray) -> None:
    """Let borrowers that their scenario closes default."""
    number = np.repeat(np.arange(len(scenarios)), np.diff(scenarios.offsets))
    rows = np.asarray(scenarios.rows)
    closed = (np.maximum(scenarios.down, scenarios.up) >= 1.0) & np.isin(rows, borrowers)
    shares[number[closed], np.searchsorted(borrowers, rows[closed])] = 1.0


def _between(banks: Banks, loss: FloatArray, terms: Terms) -> FloatArray | None:
    if banks.between is None:
        return None
    whole = (loss > 0.0).astype(np.float64)
    np.divide(loss, banks.equity, out=whole, where=banks.equity > 0.0)
    start = np.clip(whole, 0.0, 1.0)
    hit = np.flatnonzero(start)
    scenario = Scenarios(np.array([0, len(hit)]), hit, start[hit], start[hit])
    found = spread_equity(banks.between, scenario, kind="nonlinear", eta=terms.eta)
    return found.losses * banks.equity


def _share(lost: FloatArray, total: float) -> float:
    """Return a sum as a share; without any equity there is none to lose."""
    return float(lost.sum()) / total if total > 0.0 else 0.0
