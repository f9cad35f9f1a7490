"""
Pictures of losses by round and by tier, for notebooks.

They need matplotlib, which comes with the extra `notebook`.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from graph.chains import DOWN, UP, Chain
from graph.contagion import Contagion
from graph.errors import InvalidInput
from graph.network.firms import refuse_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREY = "#2f5d8a", "#c8702a", "#8a8f98"


def plot_rounds(states: Iterable[Contagion], *, axes: "Axes | None" = None) -> "Axes":
    """
    Draw what a scenario costs after each round, and return the axes.

    Args:
        states: The scenario round by round, as `graph.contagion.rounds` yields it.
        axes: Where to draw; a new picture by default.

    Raises:
        InvalidInput: There is no round.
    """
    found = [(each.rounds, each.esri, each.esri_down, each.esri_up) for each in states]
    if not found:
        raise InvalidInput("there is no round to draw")
    numbers, both, down, up = (np.array(column) for column in zip(*found, strict=True))
    drawn = _axes(axes)
    drawn.plot(numbers, both, color=BLUE, marker="o", label="loss")
    drawn.plot(numbers, down, color=ORANGE, marker=".", linestyle="--", label="for want of inputs")
    drawn.plot(numbers, up, color=GREY, marker=".", linestyle=":", label="for want of orders")
    drawn.set(xlabel="round", ylabel="share of all production", ylim=(0.0, None))
    drawn.set_xticks(numbers)
    drawn.legend(frameon=False)
    return drawn


def plot_tiers(
    found: Contagion, chain: Chain, amounts: npt.ArrayLike, *, axes: "Axes | None" = None
) -> "Axes":
    """
    Draw what the firms of each tier of a chain lose in a year, and return the axes.

    Args:
        found: What the scenario costs every firm.
        chain: Whose tiers are drawn: suppliers by tier, then distributors.
        amounts: What every firm of the network makes in a year, by row, in any one unit.
        axes: Where to draw; a new picture by default.

    Raises:
        InvalidInput: There is no firm in the chain, or an amount a firm is wanted.
    """
    made = np.asarray(amounts, np.float64)
    refuse_size(made, len(found.down), "amounts")
    lost = (found.loss * made)[chain.firm_rows]
    bars: list[tuple[str, float, str]] = []
    for direction, name, colour in ((UP, "suppliers", BLUE), (DOWN, "distributors", ORANGE)):
        inside = chain.direction == direction
        for tier in np.unique(chain.tier[inside]).tolist():
            sum_lost = float(lost[inside & (chain.tier == tier)].sum())
            bars.append((f"{name}\ntier {tier}", sum_lost, colour))
    if not bars:
        raise InvalidInput("there is no firm in the chain")
    drawn = _axes(axes)
    names, heights, colours = zip(*bars, strict=True)
    drawn.bar(names, heights, color=colours)
    drawn.set_ylabel("production lost in a year")
    return drawn


def _axes(axes: "Axes | None") -> "Axes":
    if axes is not None:
        return axes
    try:
        from matplotlib import pyplot as plt  # noqa: PLC0415  # An extra: not everybody draws.
    except ImportError as error:
        raise InvalidInput("pictures need matplotlib: install deeptier[notebook]") from error
    return plt.subplots()[1]
