"""Every table of the records database: each domain's, put together on one metadata."""

import sqlalchemy as sa

from app.books.approvals.tables import approvals
from app.books.business_day.tables import closings
from app.books.ledger.tables import accounts, keys, uses
from app.books.notices.tables import mail_marks, mails, notices
from app.chain.chains.tables import cores
from app.chain.groups.tables import groupings
from app.chain.receivables.tables import document_numbers, receivables
from app.chain.requests.tables import requests
from app.chain.vouchers.tables import vouchers
from app.data.imports.tables import imports
from app.data.pushes.tables import pushes
from app.data.runs.tables import facilities, runs
from app.lending.applications.tables import application_claims, applications
from app.lending.contracts.tables import contracts, registrations, signing_keys
from app.lending.decisions.tables import decisions
from app.lending.papers.tables import paper_sums, papers
from app.lending.servicing.tables import firm_accounts, loan_acts, loan_documents, loans
from app.platform.auth.tables import mail_addresses, sessions, tokens, users
from app.platform.events.tables import AUDIT, events, head
from app.platform.job_runs.tables import job_runs
from app.platform.records.tables import leases, metadata
from app.platform.views.tables import views

# Here and not beside its table: its conditions load the dialects, for which no command waits.
sa.Index(
    "ix_events_audit",
    events.c.number,
    sqlite_where=events.c.operation == AUDIT,
    postgresql_where=events.c.operation == AUDIT,
)
TABLES = (
    application_claims,
    applications,
    approvals,
    accounts,
    closings,
    contracts,
    cores,
    decisions,
    document_numbers,
    events,
    facilities,
    firm_accounts,
    groupings,
    head,
    imports,
    job_runs,
    keys,
    leases,
    loan_acts,
    loan_documents,
    loans,
    mail_addresses,
    mail_marks,
    mails,
    notices,
    paper_sums,
    papers,
    pushes,
    receivables,
    registrations,
    requests,
    runs,
    sessions,
    signing_keys,
    tokens,
    users,
    uses,
    views,
    vouchers,
)

__all__ = ["TABLES", "metadata"]
