"""How much of an import may be wrong before all of it is refused."""

from collections.abc import Mapping
from pathlib import Path

from ingestion.descriptions.model import Description
from ingestion.errors import TooManyBadRows
from ingestion.verdict import TableVerdict


def check(
    source: Description, verdicts: Mapping[str, TableVerdict], empty: str, listing: Path
) -> None:
    """
    Return nothing where enough of an import can be used.

    Args:
        source: What it allows.
        verdicts: What became of the rows, by table.
        empty: Which files have no rows, to be said behind a message.
        listing: Where every row set aside is listed.

    Raises:
        TooManyBadRows: More is wrong than the source allows.
    """
    bounds = source.bounds
    for name, judged in verdicts.items():
        wrong, why = judged.tally.wrong, judged.tally.why
        counted = judged.used + wrong
        allowed = max(bounds.rows_free, int(bounds.share_max * counted))
        none_left = wrong > 0 and judged.telling == 0
        if wrong > allowed or none_left:
            raise TooManyBadRows(
                f"{name}: {wrong} of {counted} rows cannot be used ({why}); "
                f"source {source.name} allows {allowed}; see {listing}"
            )
        if judged.telling < bounds.used_min.get(name, 0):
            raise TooManyBadRows(
                f"{name}: only {judged.used} rows can be used{empty}; see {listing}"
            )
    if not any(judged.telling for judged in verdicts.values()):
        raise TooManyBadRows(f"not one row can be used{empty}")
