"""
The tables of contracts, of the book: signed ones, where their documents are filed, and keys.

A key stays for good, retired or not: what it signed is checked with it. Its private half is sealed
(`signing`), and is nowhere else.
"""

import sqlalchemy as sa

from app.platform.records.tables import metadata

contracts = sa.Table(
    "contracts",
    metadata,
    sa.Column("application", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),  # The signed contract, as it is downloaded.
    sa.Column("signed_on", sa.Text, nullable=False),  # The business day.
    sa.Column("event", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
registrations = sa.Table(
    "registrations",
    metadata,
    sa.Column("application", sa.Text, primary_key=True),
    sa.Column("number", sa.Text, nullable=False),  # Of the registry.
    sa.Column("filed_on", sa.Text, nullable=False),  # The business day.
    sa.Column("event", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
signing_keys = sa.Table(
    "signing_keys",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("party", sa.Text, nullable=False),  # For whom its person signs: a firm, the bank.
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),
    sa.Column("retired_at", sa.Text),
    sa.Column("event", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
sa.Index("ix_signing_keys_person", signing_keys.c.party, signing_keys.c.person)
