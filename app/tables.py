"""Every table of the records database: each domain's, put together on one metadata."""

from app.chain.chains.tables import cores
from app.data.imports.tables import imports
from app.data.pushes.tables import pushes
from app.data.runs.tables import facilities, runs
from app.platform.audit.tables import audit
from app.platform.auth.tables import sessions, tokens, users
from app.platform.job_runs.tables import job_runs
from app.platform.records.tables import leases, metadata
from app.platform.views.tables import views

TABLES = (
    audit,
    cores,
    facilities,
    imports,
    job_runs,
    leases,
    pushes,
    runs,
    sessions,
    tokens,
    users,
    views,
)

__all__ = ["TABLES", "metadata"]
