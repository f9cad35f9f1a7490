"""The commands `analyse NAME`."""

import sys
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from app.platform.config import Settings
from app.platform.console import output as console
from app.platform.console.progress import progress
from app.platform.files.whole import together
from app.risk.analyse import options as asked

analyse = typer.Typer(
    name="analyse",
    no_args_is_help=True,
    help="Run one analysis on plain files (CSV, XLSX, Parquet), without any store.\n\n"
    "Example: deeptier analyse esri --firms firms.csv --trades trades.csv --out esri.csv",
)

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


@analyse.command()
def esri(
    *,
    firms: Firms,
    trades: Trades,
    essential: Essential = None,
    method: Annotated[
        str | None,
        typer.Option("--method", help="rounds, or fixed-point (where the firms have a revenue)."),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            "--tolerance",
            help="rounds: when a round is the last (0.01); fixed-point: the widest bracket.",
        ),
    ] = None,
    rounds_max: RoundsMax = 10_000,
    replaceability: Replaceability = True,
    dead_sector: DeadSector = "one",
    close: Close = None,
    more: MoreToClose = None,
    shocks: Shocks = None,
    losses: Losses = None,
    out: Out = None,
    precision: Annotated[str, typer.Option("--precision", help="double or single.")] = "double",
    threads: Threads = None,
    dask: Annotated[
        str | None, typer.Option("--dask", help="A Dask scheduler, tcp://HOST:PORT; no threads.")
    ] = None,
    set_aside: SetAside = None,
    as_json: AsJson = False,
) -> None:
    """
    Show what each closure costs the others in production.

    Example: deeptier analyse esri --firms firms.csv --trades trades.csv --out esri.csv
    """
    closed = _closed(close, more, shocks)
    _among("--method", method or "rounds", "rounds", "fixed-point")
    _among("--dead-sector", dead_sector, "one", "unit")
    _among("--precision", precision, "double", "single")
    options = asked.EsriOptions(
        firms=firms,
        trades=trades,
        essential=essential,
        shocks=shocks,
        close=closed,
        method=method,
        tolerance=tolerance,
        rounds_max=rounds_max,
        replaceability=replaceability,
        dead_sector=dead_sector,
        precision=precision,
        losses=losses is not None,
        threads=_threads(threads),
        dask=dask,
    )
    _run("esri", options, out=out, losses=losses, set_aside=set_aside, as_json=as_json)


@analyse.command()
def debtrank(
    *,
    firms: Firms,
    claims: Claims,
    shocks: Shocks = None,
    kind: Annotated[
        str, typer.Option("--kind", help="linear, single-hit or nonlinear.")
    ] = "linear",
    method: Annotated[
        str, typer.Option("--method", help="rounds, or bracket: fast, from below and above.")
    ] = "rounds",
    width: Annotated[
        float, typer.Option("--width", help="bracket: the widest, as a share of its upper end.")
    ] = 0.01,
    eta: Annotated[float, typer.Option("--eta", help="How steep nonlinear is.")] = 2.0,
    tolerance: Annotated[
        float, typer.Option("--tolerance", help="Largest change that counts as still.")
    ] = 1e-12,
    losses: Losses = None,
    out: Out = None,
    threads: Threads = None,
    set_aside: SetAside = None,
    as_json: AsJson = False,
) -> None:
    """
    Show what each default costs creditors in equity.

    Example: deeptier analyse debtrank --firms banks.csv --claims claims.csv --out debtrank.csv
    """
    _among("--kind", kind, "linear", "single-hit", "nonlinear")
    _among("--method", method, "rounds", "bracket")
    options = asked.DebtRankOptions(
        firms=firms,
        claims=claims,
        shocks=shocks,
        kind=kind,
        method=method,
        eta=eta,
        tolerance=tolerance,
        width=width,
        losses=losses is not None,
        threads=_threads(threads),
    )
    _run("debtrank", options, out=out, losses=losses, set_aside=set_aside, as_json=as_json)


@analyse.command()
def clearing(
    *,
    firms: Firms,
    claims: Claims,
    recovery_external: Annotated[
        float, typer.Option("--recovery-external", help="Of the assets of a defaulted firm.")
    ] = 1.0,
    recovery_internal: Annotated[
        float, typer.Option("--recovery-internal", help="Of the claims of a defaulted firm.")
    ] = 1.0,
    seniority: Annotated[
        str, typer.Option("--seniority", help="pari-passu, or senior: creditors outside first.")
    ] = "pari-passu",
    shocks: Shocks = None,
    out: Out = None,
    threads: Threads = None,
    set_aside: SetAside = None,
    as_json: AsJson = False,
) -> None:
    """
    Show what everybody can pay when all pay at once.

    Example: deeptier analyse clearing --firms firms.csv --claims claims.csv --out payments.csv
    """
    _among("--seniority", seniority, "pari-passu", "senior")
    options = asked.ClearingOptions(
        firms=firms,
        claims=claims,
        shocks=shocks,
        recovery_external=recovery_external,
        recovery_internal=recovery_internal,
        seniority=seniority,
        threads=_threads(threads),
    )
    _run("clearing", options, out=out, losses=None, set_aside=set_aside, as_json=as_json)


@analyse.command()
def diffusion(
    *,
    firms: Firms,
    trades: Trades,
    sources: Annotated[Path, typer.Option("--sources", help="source, firm, amount.")],
    damping: Annotated[float, typer.Option("--damping", help="What a step keeps.")] = 0.85,
    tolerance: Annotated[float, typer.Option("--tolerance", help="What may be left out.")] = 1e-10,
    dangling: Annotated[
        str, typer.Option("--dangling", help="Who buys nothing: lost, or back to the sources.")
    ] = "lost",
    out: Out = None,
    threads: Threads = None,
    set_aside: SetAside = None,
    as_json: AsJson = False,
) -> None:
    """
    Show how strongly every firm is tied to each source, from buyers to suppliers.

    Example: deeptier analyse diffusion --firms f.csv --trades t.csv --sources s.csv --out d.csv
    """
    _among("--dangling", dangling, "lost", "sources")
    options = asked.DiffusionOptions(
        firms=firms,
        trades=trades,
        sources=sources,
        damping=damping,
        tolerance=tolerance,
        dangling=dangling,
        threads=_threads(threads),
    )
    _run("diffusion", options, out=out, losses=None, set_aside=set_aside, as_json=as_json)


@analyse.command()
def credit(
    *,
    firms: Firms,
    claims: Claims,
    sources: Annotated[Path, typer.Option("--sources", help="source, amount.")],
    tiers: Annotated[int, typer.Option("--tiers", help="Tiers after which it stays.")] = 5,
    haircut: Annotated[float, typer.Option("--haircut", help="What each tier passes on.")] = 0.8,
    cut_off: Annotated[float, typer.Option("--cut-off", help="Smaller amounts stay.")] = 0.0,
    out: Out = None,
    threads: Threads = None,
    set_aside: SetAside = None,
    as_json: AsJson = False,
) -> None:
    """
    Show how far confirmed credit can be passed down the tiers.

    Example: deeptier analyse credit --firms f.csv --claims c.csv --sources s.csv --out credit.csv
    """
    options = asked.CreditOptions(
        firms=firms,
        claims=claims,
        sources=sources,
        tiers=tiers,
        haircut=haircut,
        cut_off=cut_off,
        threads=_threads(threads),
    )
    _run("credit", options, out=out, losses=None, set_aside=set_aside, as_json=as_json)


@analyse.command()
def fsri(
    *,
    firms: Firms,
    trades: Trades,
    banks: Annotated[Path, typer.Option("--banks", help="bank, equity.")],
    loans: Annotated[Path, typer.Option("--loans", help="bank, firm, amount.")],
    essential: Essential = None,
    interbank: Annotated[
        Path | None,
        typer.Option("--interbank", help="Claims of banks on banks: creditor, debtor, amount."),
    ] = None,
    lgd: Annotated[float, typer.Option("--lgd", help="Lost of a loan in default.")] = 1.0,
    default: Annotated[
        str, typer.Option("--default", help="illiquid, insolvent, either or gradual.")
    ] = "either",
    profit: Annotated[
        str, typer.Option("--profit", help="share: of profit; margin: orders less inputs saved.")
    ] = "share",
    closed_default: Annotated[
        bool,
        typer.Option("--closed-default/--closed-by-rule", help="A closed firm always defaults."),
    ] = False,
    eta: Annotated[float, typer.Option("--eta", help="How steep losses between banks are.")] = 2.0,
    tolerance: Annotated[
        float | None, typer.Option("--tolerance", help="When a round is the last (0.01).")
    ] = None,
    rounds_max: RoundsMax = 10_000,
    replaceability: Replaceability = True,
    dead_sector: DeadSector = "one",
    close: Close = None,
    more: MoreToClose = None,
    shocks: Shocks = None,
    losses: Losses = None,
    out: Out = None,
    threads: Threads = None,
    set_aside: SetAside = None,
    as_json: AsJson = False,
) -> None:
    """
    Show what each closure costs banks through their borrowers.

    Example: deeptier analyse fsri --firms f.csv --trades t.csv --banks b.csv --loans l.csv
    """
    closed = _closed(close, more, shocks)
    _among("--default", default, "illiquid", "insolvent", "either", "gradual")
    _among("--profit", profit, "share", "margin")
    _among("--dead-sector", dead_sector, "one", "unit")
    options = asked.FsriOptions(
        firms=firms,
        trades=trades,
        essential=essential,
        banks=banks,
        loans=loans,
        interbank=interbank,
        shocks=shocks,
        close=closed,
        lgd=lgd,
        default=default,
        profit=profit,
        closed_default=closed_default,
        eta=eta,
        tolerance=tolerance,
        rounds_max=rounds_max,
        replaceability=replaceability,
        dead_sector=dead_sector,
        losses=losses is not None,
        threads=_threads(threads),
    )
    _run("fsri", options, out=out, losses=losses, set_aside=set_aside, as_json=as_json)


def _closed(
    close: list[str] | None, more: list[str] | None, shocks: Path | None
) -> tuple[str, ...]:
    closed = (*(close or []), *(more or []))
    if closed and shocks:
        raise typer.BadParameter("give --close or --shocks, not both")
    return closed


def _among(option: str, value: str, *words: str) -> None:
    if value not in words:
        raise typer.BadParameter(f"{value!r} is none of {', '.join(words)}", param_hint=option)


def _threads(given: int | None) -> int:
    return given or Settings().threads


def _run(
    name: str,
    options: Any,
    *,
    out: Path | None,
    losses: Path | None,
    set_aside: Path | None,
    as_json: bool,
) -> None:
    # Loaded here: compiled code takes a second to load, which other commands need not wait for.
    tables, writing = (import_module(f"app.risk.analyse.{part}") for part in ("tables", "writing"))
    given = {f"--{at.name}": getattr(options, at.name) for at in fields(options)}
    inputs = {option: path for option, path in given.items() if isinstance(path, Path)}
    outputs = {"--out": out, "--losses": losses, "--set-aside": set_aside}
    writing.check({option: path for option, path in outputs.items() if path}, inputs)
    desk = tables.InputFiles(keep_going=set_aside is not None)
    with progress(name) as step:
        desk.step = step
        answer: asked.AnalysisResult = import_module(f"app.risk.analyse.{name}").run(
            options, desk, step
        )
    for note in desk.notes:
        console.say(f"note: {note}")
    with together() as draft:
        if losses is not None and answer.losses is not None:
            writing.write(draft(losses), answer.losses)
        if set_aside is not None:
            writing.write_issues(draft(set_aside), desk.issues)
        if out is not None:
            writing.write(draft(out), [answer.table])
    if out is not None:
        console.say(f"{name}: {answer.rows} rows written to {out}")
    if as_json:
        said = {"set_aside": len(desk.issues), "out": str(out) if out else None}
        console.print_document({**answer.facts, **said})
    elif out is None:
        writing.write_csv(sys.stdout, [answer.table])
