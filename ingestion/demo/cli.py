"""The command `demo`."""

import datetime as dt
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ingestion.cli import Shown
from ingestion.demo.economy import END, Plan, make
from ingestion.demo.economy.writing import STEPS


def build(shown: Shown) -> Callable[..., None]:
    """Return the command `demo`, which shows people how far it is by what it is handed."""

    def demo(
        folder: Annotated[Path, typer.Argument(help="Where to write; made where it is missing.")],
        *,
        cores: Annotated[int, typer.Option(help="Core enterprises.")] = 100,
        firms: Annotated[int, typer.Option(help="Firms, the cores among them.")] = 9_000,
        months: Annotated[int, typer.Option(help="Calendar months of trade.")] = 24,
        seed: Annotated[int, typer.Option(help="Which economy.")] = 1,
        end: Annotated[
            dt.datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day of the files.")
        ] = dt.datetime.combine(END, dt.time()),  # noqa: B008  # A fixed day, as typer wants it.
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """
        Write the demo economy as raw files, and what is hidden in it into `truth/`.

        Example: deeptier demo ./demo --cores 10 --firms 900 --months 12
        """
        plan = Plan(cores=cores, firms=firms, months=months, seed=seed, end=end.date())
        with shown("demo") as step:
            steps = itertools.count()
            made = make(folder, plan, progress=lambda name: step(name, next(steps) / STEPS))
        if as_json:
            typer.echo(json.dumps(made.document(), ensure_ascii=False, indent=2))
            return
        for table, rows in made.rows.items():
            typer.echo(f"{table:<12} {rows:>10,} rows")
        typer.echo(f"{'truth':<12} {sum(made.hidden.values()):>10,} rows, under {folder / 'truth'}")

    return demo
