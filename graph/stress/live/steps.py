"""What a change of one firm does, step by step."""

from graph.errors import InvalidInput
from graph.network.firms import whole_number
from graph.stress.live import results
from graph.stress.live.lending import LendingChannel
from graph.stress.live.solution import Log
from graph.stress.live.state import Change, Channels
from graph.stress.live.trading import Trading


def trading_of(state: Channels) -> Trading:
    """Return the channels of production losses, or raise `InvalidInput`."""
    if state.trading is None:
        raise InvalidInput("there is no economy here, only claims")
    return state.trading


def lending_of(state: Channels) -> LendingChannel:
    """Return the channel of equity losses, or raise `InvalidInput`."""
    if state.lending is None:
        raise InvalidInput("there are no claims here, only an economy")
    return state.lending


def of_firm(
    i: int,
    *,
    revenue: float | None,
    cost: float | None,
    weight: float | None,
    sector: int | None,
    equity: float | None,
) -> Change:
    """Return the change of everything that is given of firm i, or raise `InvalidInput`."""
    steps: list[Change] = []
    if revenue is not None:
        stated = results.amount("revenue", revenue)
        steps.append(lambda state, log: trading_of(state).change_revenue(i, stated, log))
    if cost is not None:
        spent = results.amount("cost", cost)
        steps.append(lambda state, log: trading_of(state).change_cost(i, spent, log))
    if weight is not None:
        counted = results.amount("weight", weight)
        steps.append(lambda state, log: trading_of(state).change_weight(i, counted, log))
    if equity is not None:
        buffer = results.amount("equity", equity)
        steps.append(lambda state, log: lending_of(state).change_equity(i, buffer, log))
    if sector is not None:
        number = whole_number("sector", sector)
        steps.append(lambda state, log: trading_of(state).change_sector(i, number, log))

    def change(state: Channels, log: Log) -> None:
        """Make the steps, one after another."""
        for step in steps:
            step(state, log)

    return change
