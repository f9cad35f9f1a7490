"""What is filled in once a row is known to be used."""

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.forms import BESIDES
from ingestion.verdict import Verdict


def used_rows(verdict: Verdict) -> pa.Table:
    """Return the rows that are used, without what only served to tell them apart."""
    table = verdict.staged.table.filter(pa.array(~verdict.aside)).drop_columns(["extra", *BESIDES])
    return _invoices(table) if verdict.staged.form.name == "invoices" else table


def _invoices(table: pa.Table) -> pa.Table:
    """
    Return invoices with their kind, total and sign filled in.

    A red letter lowers what it corrects, so its amounts are negative however they were written;
    a total that is not given is the amount and the tax, or the amount alone.
    """
    amount, tax, total = (table[name] for name in ("amount_fen", "tax_fen", "total_fen"))
    total = pc.coalesce(total, pc.add(amount, tax), amount)
    flip = pc.and_(
        pc.fill_null(pc.equal(table["kind"], "red"), fill_value=False), pc.greater(amount, 0)
    )
    columns = {"amount_fen": amount, "tax_fen": tax, "total_fen": total}
    for name, values in columns.items():
        signed = pc.if_else(flip, pc.negate(values), values)
        table = table.set_column(table.schema.get_field_index(name), name, signed)
    negative = pc.less(table["amount_fen"], 0)
    kind = pc.coalesce(table["kind"], pc.if_else(negative, "red", "blue"))
    return table.set_column(table.schema.get_field_index("kind"), "kind", kind)
