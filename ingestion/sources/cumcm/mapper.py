"""
Map the published invoices of the contest.

Counterparties have codes of their own (A, B, C, D and a number); should one ever look like a
firm's own code (E and a number) it is another firm all the same, and gets another name.
"""

import pyarrow as pa
import pyarrow.compute as pc

from ingestion import mapper
from ingestion.forms import Form
from ingestion.record import SourceRecords
from ingestion.source import Named

COUNTERPARTIES = ("销方单位代号", "购方单位代号")
OWN_CODE = r"^E[0-9]+$"


def to_columns(records: SourceRecords, form: Form, named: Named) -> dict[str, pa.Array]:
    """Return the columns of a table, the two spaces of codes kept apart."""
    taken = mapper.to_columns(records, form, named)
    for name in form.parties:
        if named[name][0] in COUNTERPARTIES:
            taken[name] = _apart(taken[name])
    return taken


def _apart(codes: pa.DictionaryArray) -> pa.DictionaryArray:
    texts = codes.dictionary
    renamed = pc.binary_join_element_wise("counterparty", texts, ":")
    own = pc.match_substring_regex(texts, OWN_CODE)
    return pa.DictionaryArray.from_arrays(codes.indices, pc.if_else(own, renamed, texts))
