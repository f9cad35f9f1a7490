"""What an economy is asked to be: its sizes, its end date, its seed."""

import datetime as dt
import zlib
from dataclasses import dataclass

import numpy as np

from graph.errors import InvalidInput

END = dt.date(2026, 6, 30)  # Fixed: the same command gives the same files on any day.
MONTHS_MAX = 120
INVOICES_A_FIRM_AND_MONTH = 4.77  # A million, void rows with them, for 9,000 firms and 24 months.
RECEIVABLES_A_FIRM_AND_MONTH = 0.695  # 150,000 for the same.


@dataclass(frozen=True, slots=True)
class Plan:
    """
    The sizes of an economy, checked.

    Args:
        cores: Core enterprises.
        firms: Rows of the firms table, cores and duplicate registrations among them.
        months: Calendar months of trade, the last one holding `end`.
        seed: Two economies of one plan are equal; another seed gives another economy.
        end: The last day of the files.

    Raises:
        InvalidInput: There are fewer than five firms beside the cores, or a size is out of range.
    """

    cores: int = 100
    firms: int = 9_000
    months: int = 24
    seed: int = 1
    end: dt.date = END

    def __post_init__(self) -> None:
        if self.cores < 1:
            raise InvalidInput("--cores must be at least 1")
        if self.firms < self.cores + 5:
            raise InvalidInput(f"--firms must be at least {self.cores + 5} for {self.cores} cores")
        if not 1 <= self.months <= MONTHS_MAX:
            raise InvalidInput(f"--months must be 1 to {MONTHS_MAX}")
        if self.seed < 0:
            raise InvalidInput("--seed must not be negative")

    def random(self, part: str) -> np.random.Generator:
        """
        Return the random stream of one part; parts do not disturb each other.

        Example:
            >>> plan = Plan()
            >>> bool(plan.random("orders").random() == plan.random("orders").random())
            True
        """
        return np.random.default_rng([self.seed, zlib.crc32(part.encode())])

    @property
    def invoices(self) -> int:
        """Return about how many valid invoices to write."""
        return round(INVOICES_A_FIRM_AND_MONTH * self.firms * self.months)

    @property
    def receivables(self) -> int:
        """Return about how many receivables to write."""
        return round(RECEIVABLES_A_FIRM_AND_MONTH * self.firms * self.months)

    def month_starts(self) -> list[dt.date]:
        """
        Return the first day of every month, oldest first.

        Example:
            >>> Plan(cores=2, firms=30, months=2).month_starts()
            [datetime.date(2026, 5, 1), datetime.date(2026, 6, 1)]
        """
        last = self.end.year * 12 + self.end.month - 1
        return [
            dt.date(month // 12, month % 12 + 1, 1)
            for month in range(last - self.months + 1, last + 1)
        ]

    def day(self, date: dt.date) -> int:
        """Return a date as days before (negative) or after the end."""
        return (date - self.end).days
