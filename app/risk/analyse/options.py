"""
What each analysis is asked for, and what it answers.

A class of options is a command: its text is the help, its fields are the options in their order.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer

from app.platform.config import Settings

Step = Callable[[str, float], None]
Columns = Mapping[str, Sequence[Any]]
Words = Mapping[str, Sequence[str]]

Firms = Annotated[Path, typer.Option("--firms", help="Firms, one a row.")]
Trades = Annotated[Path, typer.Option("--trades", help="supplier, buyer, amount.")]
Claims = Annotated[Path, typer.Option("--claims", help="creditor, debtor, amount.")]
Shocks = Annotated[
    Path | None, typer.Option("--shocks", help="Scenarios: scenario, firm, loss columns.")
]
Losses = Annotated[
    Path | None, typer.Option("--losses", help="Where to write who loses what by scenario.")
]
Out = Annotated[
    Path | None, typer.Option("--out", help="Where to write the result: .csv or .parquet.")
]
SetAside = Annotated[
    Path | None,
    typer.Option("--set-aside", help="Write wrong rows to this CSV file and go on without them."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print facts about the run as JSON.")]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="Threads; DEEPTIER_THREADS by default.")
]
Essential = Annotated[
    Path | None, typer.Option("--essential", help="supplier_sector, buyer_sector, class.")
]
RoundsMax = Annotated[int, typer.Option("--rounds-max", help="Bound on rounds.")]
Replaceability = Annotated[
    bool, typer.Option("--replaceability/--no-replaceability", help="Others of a market stand in.")
]
DeadSector = Annotated[
    str, typer.Option("--dead-sector", help="one, or unit as published code has it.")
]
Close = Annotated[
    list[str] | None, typer.Option("--close", help="Close this firm alone; more may follow.")
]
MoreToClose = Annotated[
    list[str] | None, typer.Argument(help="More firms to close, each alone.", metavar="FIRM…")
]


class AnalysisOptions:
    """What every analysis can be asked for; those that do not take it have nothing of it."""

    words: ClassVar[Words] = {}  # Of options that take one of some words.
    close: Close = None
    more: MoreToClose = None
    shocks: Shocks = None
    losses: Losses = None
    out: Out = None
    threads: Threads = None
    set_aside: SetAside = None
    as_json: AsJson = False

    @property
    def closed(self) -> tuple[str, ...]:
        """Return the firms that close, each alone."""
        return (*(self.close or ()), *(self.more or ()))

    @property
    def workers(self) -> int:
        """Return how many threads work."""
        return self.threads or Settings().threads


@dataclass(frozen=True, kw_only=True)
class EsriOptions(AnalysisOptions):
    """
    Show what each closure costs the others in production.

    Example: deeptier analyse esri --firms firms.csv --trades trades.csv --out esri.csv
    """

    words: ClassVar[Words] = {
        "method": ("rounds", "fixed-point"),
        "dead_sector": ("one", "unit"),
        "precision": ("double", "single"),
    }
    firms: Firms
    trades: Trades
    essential: Essential = None
    method: Annotated[
        str | None,
        typer.Option("--method", help="rounds, or fixed-point (where the firms have a revenue)."),
    ] = None
    tolerance: Annotated[
        float | None,
        typer.Option(
            "--tolerance",
            help="rounds: when a round is the last (0.01); fixed-point: the widest bracket.",
        ),
    ] = None
    rounds_max: RoundsMax = 10_000
    replaceability: Replaceability = True
    dead_sector: DeadSector = "one"
    close: Close = None
    more: MoreToClose = None
    shocks: Shocks = None
    losses: Losses = None
    out: Out = None
    precision: Annotated[str, typer.Option("--precision", help="double or single.")] = "double"
    threads: Threads = None
    dask: Annotated[
        str | None, typer.Option("--dask", help="A Dask scheduler, tcp://HOST:PORT; no threads.")
    ] = None
    set_aside: SetAside = None
    as_json: AsJson = False


@dataclass(frozen=True, kw_only=True)
class DebtRankOptions(AnalysisOptions):
    """
    Show what each default costs creditors in equity.

    Example: deeptier analyse debtrank --firms banks.csv --claims claims.csv --out debtrank.csv
    """

    words: ClassVar[Words] = {
        "kind": ("linear", "single-hit", "nonlinear"),
        "method": ("rounds", "bracket"),
    }
    firms: Firms
    claims: Claims
    shocks: Shocks = None
    kind: Annotated[str, typer.Option("--kind", help="linear, single-hit or nonlinear.")] = "linear"
    method: Annotated[
        str, typer.Option("--method", help="rounds, or bracket: fast, from below and above.")
    ] = "rounds"
    width: Annotated[
        float, typer.Option("--width", help="bracket: the widest, as a share of its upper end.")
    ] = 0.01
    eta: Annotated[float, typer.Option("--eta", help="How steep nonlinear is.")] = 2.0
    tolerance: Annotated[
        float, typer.Option("--tolerance", help="Largest change that counts as still.")
    ] = 1e-12
    losses: Losses = None
    out: Out = None
    threads: Threads = None
    set_aside: SetAside = None
    as_json: AsJson = False


@dataclass(frozen=True, kw_only=True)
class ClearingOptions(AnalysisOptions):
    """
    Show what everybody can pay when all pay at once.

    Example: deeptier analyse clearing --firms firms.csv --claims claims.csv --out payments.csv
    """

    words: ClassVar[Words] = {"seniority": ("pari-passu", "senior")}
    firms: Firms
    claims: Claims
    recovery_external: Annotated[
        float, typer.Option("--recovery-external", help="Of the assets of a defaulted firm.")
    ] = 1.0
    recovery_internal: Annotated[
        float, typer.Option("--recovery-internal", help="Of the claims of a defaulted firm.")
    ] = 1.0
    seniority: Annotated[
        str, typer.Option("--seniority", help="pari-passu, or senior: creditors outside first.")
    ] = "pari-passu"
    shocks: Shocks = None
    out: Out = None
    threads: Threads = None
    set_aside: SetAside = None
    as_json: AsJson = False


@dataclass(frozen=True, kw_only=True)
class DiffusionOptions(AnalysisOptions):
    """
    Show how strongly every firm is tied to each source, from buyers to suppliers.

    Example: deeptier analyse diffusion --firms f.csv --trades t.csv --sources s.csv --out d.csv
    """

    words: ClassVar[Words] = {"dangling": ("lost", "sources")}
    firms: Firms
    trades: Trades
    sources: Annotated[Path, typer.Option("--sources", help="source, firm, amount.")]
    damping: Annotated[float, typer.Option("--damping", help="What a step keeps.")] = 0.85
    tolerance: Annotated[float, typer.Option("--tolerance", help="What may be left out.")] = 1e-10
    dangling: Annotated[
        str, typer.Option("--dangling", help="Who buys nothing: lost, or back to the sources.")
    ] = "lost"
    out: Out = None
    threads: Threads = None
    set_aside: SetAside = None
    as_json: AsJson = False


@dataclass(frozen=True, kw_only=True)
class CreditOptions(AnalysisOptions):
    """
    Show how far confirmed credit can be passed down the tiers.

    Example: deeptier analyse credit --firms f.csv --claims c.csv --sources s.csv --out credit.csv
    """

    firms: Firms
    claims: Claims
    sources: Annotated[Path, typer.Option("--sources", help="source, amount.")]
    tiers: Annotated[int, typer.Option("--tiers", help="Tiers after which it stays.")] = 5
    haircut: Annotated[float, typer.Option("--haircut", help="What each tier passes on.")] = 0.8
    cut_off: Annotated[float, typer.Option("--cut-off", help="Smaller amounts stay.")] = 0.0
    out: Out = None
    threads: Threads = None
    set_aside: SetAside = None
    as_json: AsJson = False


@dataclass(frozen=True, kw_only=True)
class FsriOptions(AnalysisOptions):
    """
    Show what each closure costs banks through their borrowers.

    Example: deeptier analyse fsri --firms f.csv --trades t.csv --banks b.csv --loans l.csv
    """

    words: ClassVar[Words] = {
        "default": ("illiquid", "insolvent", "either", "gradual"),
        "profit": ("share", "margin"),
        "dead_sector": ("one", "unit"),
    }
    firms: Firms
    trades: Trades
    banks: Annotated[Path, typer.Option("--banks", help="bank, equity.")]
    loans: Annotated[Path, typer.Option("--loans", help="bank, firm, amount.")]
    essential: Essential = None
    interbank: Annotated[
        Path | None,
        typer.Option("--interbank", help="Claims of banks on banks: creditor, debtor, amount."),
    ] = None
    lgd: Annotated[float, typer.Option("--lgd", help="Lost of a loan in default.")] = 1.0
    default: Annotated[
        str, typer.Option("--default", help="illiquid, insolvent, either or gradual.")
    ] = "either"
    profit: Annotated[
        str, typer.Option("--profit", help="share: of profit; margin: orders less inputs saved.")
    ] = "share"
    closed_default: Annotated[
        bool,
        typer.Option("--closed-default/--closed-by-rule", help="A closed firm always defaults."),
    ] = False
    eta: Annotated[float, typer.Option("--eta", help="How steep losses between banks are.")] = 2.0
    tolerance: Annotated[
        float | None, typer.Option("--tolerance", help="When a round is the last (0.01).")
    ] = None
    rounds_max: RoundsMax = 10_000
    replaceability: Replaceability = True
    dead_sector: DeadSector = "one"
    close: Close = None
    more: MoreToClose = None
    shocks: Shocks = None
    losses: Losses = None
    out: Out = None
    threads: Threads = None
    set_aside: SetAside = None
    as_json: AsJson = False


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """A table, the losses behind it where they were asked for, and a few facts."""

    table: Columns
    facts: Mapping[str, Any]
    losses: Iterable[Columns] | None = None  # In parts: all of them may not fit in memory.

    @property
    def rows(self) -> int:
        """Return the number of rows of the table."""
        return len(next(iter(self.table.values())))


def counting(step: Step, what: str, total: int) -> Callable[[int], None]:
    """Return what is told how many more are done, and passes on which share that is of all."""
    done = 0

    def further(more: int) -> None:
        """Count what is done and say how much of the whole it is."""
        nonlocal done
        done += more
        step(what, done / max(1, total))

    return further
