"""
What every domain brings to the application: routes of the API, pages, what two people decide.

A new domain has a line here for each way in.
"""

from collections.abc import Callable

from fastapi import APIRouter

import app.books.approvals.pages as approval_pages
import app.books.approvals.router as approvals
import app.books.business_day.router as business_days
import app.books.events.pages as event_pages
import app.books.notices.router as notices
import app.books.organisation.pages as people_pages
import app.books.organisation.router as organisation
import app.books.rules.pages as rule_pages
import app.books.rules.router as rules
import app.chain.accounts.freezing as account_page
import app.chain.accounts.pages as account_pages
import app.chain.accounts.router as accounts
import app.chain.chains.choosing as core_pages
import app.chain.chains.pages as chain_pages
import app.chain.chains.router as chains
import app.chain.chains.search as search_pages
import app.chain.firms.pages as firm_pages
import app.chain.firms.partners as partner_pages
import app.chain.firms.router as firms
import app.chain.groups.pages as group_pages
import app.chain.groups.router as groups
import app.chain.limits.pages as limit_pages
import app.chain.limits.router as limits
import app.chain.papers.pages as paper_pages
import app.chain.receivables.router as receivables
import app.chain.requests.router as requests
import app.chain.uses.pages as use_pages
import app.chain.uses.router as uses
import app.chain.vouchers.router as vouchers
import app.data.drafts.listed as listed_sources
import app.data.drafts.pages as draft_pages
import app.data.imports.pages as import_pages
import app.data.imports.router as imports
import app.data.pushes.router as pushes
import app.data.sources.router as sources
import app.data.versions.router as versions
import app.lending.applications.judging as application_page
import app.lending.applications.pages as application_pages
import app.lending.applications.router as applications
import app.lending.borrowing.pages as borrowing_pages
import app.lending.contracts.router as contracts
import app.lending.decisions.pages as decision_pages
import app.lending.decisions.router as decisions
import app.lending.papers.pages as handed_in_pages
import app.lending.papers.router as handed_in
import app.lending.pricing.router as prices
import app.lending.products.router as products
import app.lending.servicing.drawing_routes as draws
import app.lending.servicing.pages as loan_pages
import app.lending.servicing.router as loans
import app.lending.servicing.tending as loan_page
import app.platform.users.pages as user_pages
import app.platform.users.router as users
import app.platform.views.pages as view_pages
import app.risk.effect.pages as effect_pages
import app.risk.effect.router as effects
import app.risk.exposures.pages as exposure_pages
import app.risk.exposures.router as exposures
import app.risk.portfolio.pages as portfolio_pages
import app.risk.portfolio.router as portfolio
import app.risk.stress.kept as kept_scenarios
import app.risk.stress.pages as stress_pages
import app.risk.stress.router as stress
from app.books.approvals import TwoPersonAction
from app.books.approvals import shell as approval_shell
from app.chain.accounts.unfreezing import Unfreeze
from app.chain.limits.pages import LimitNotes
from app.chain.papers import shell as paper_shell
from app.chain.receivables.confirming import Confirmation
from app.chain.receivables.lender import Lender
from app.lending.applications import shell as desk_shell
from app.lending.applications.parts import PartMaker
from app.lending.borrowing import shell as borrowing_shell
from app.lending.servicing.actions import (
    OpenLoan,
    RecoverLoan,
    RestructureLoan,
    ReverseRepayment,
    WriteOffLoan,
)
from app.lending.servicing.filing import FileAccount
from app.lending.servicing.lender import LoansOnDocuments
from app.platform.deps import Resources
from app.platform.users import access
from app.platform.web import design
from app.platform.web.found import Finder, Waiting

API_ROUTERS: tuple[APIRouter, ...] = (  # Matched in this order: what is asked most stands first.
    limits.router,
    chains.router,
    firms.router,
    groups.router,
    exposures.router,
    portfolio.router,
    versions.router,
    users.router,
    access.router,
    stress.router,
    imports.router,
    sources.router,
    pushes.router,
    business_days.router,
    accounts.router,
    uses.router,
    rules.router,
    products.router,
    loans.router,
    draws.router,
    prices.router,
    decisions.router,
    applications.router,
    effects.router,
    contracts.router,
    organisation.router,
    notices.router,
    requests.router,
    handed_in.router,
    approvals.router,
    receivables.router,
    vouchers.router,
)
PAGE_ROUTERS: tuple[APIRouter, ...] = (
    user_pages.router,
    view_pages.router,
    core_pages.router,
    chain_pages.router,
    search_pages.router,
    limit_pages.router,
    firm_pages.router,
    partner_pages.router,
    group_pages.router,
    exposure_pages.router,
    kept_scenarios.router,
    stress_pages.router,
    draft_pages.router,
    listed_sources.router,
    import_pages.router,
    account_pages.router,
    *paper_pages.ROUTERS,
    handed_in_pages.router,
    *borrowing_pages.ROUTERS,
    account_page.router,
    use_pages.router,
    rule_pages.router,
    event_pages.router,
    people_pages.router,
    approval_pages.router,
    application_pages.router,
    application_page.router,
    decision_pages.router,
    loan_pages.router,
    loan_page.router,
    portfolio_pages.router,
    design.router,
)
# What other domains say on the page of an application.
APPLICATION_PARTS: tuple[PartMaker, ...] = (effect_pages.section,)
# What stands beside a limit, for the bank alone.
LIMIT_NOTES: tuple[LimitNotes, ...] = (portfolio_pages.duals,)
# What every page says: how much waits for its reader, and what a text finds beside firms.
WAITING: tuple[Waiting, ...] = (
    borrowing_shell.waiting_of,
    approval_shell.waiting_of,
    paper_shell.waiting_of,
    desk_shell.waiting_of,
)
FINDERS: tuple[Finder, ...] = (borrowing_shell.found_by, paper_shell.found_by)
# What happens once a second person has approved it.
APPROVAL_ACTIONS: tuple[Callable[[Resources], TwoPersonAction], ...] = (
    Unfreeze,
    Confirmation,
    FileAccount,
    OpenLoan,
    RestructureLoan,
    WriteOffLoan,
    RecoverLoan,
    ReverseRepayment,
)
# Who is paid first by what debtors pay of documents on which it has lent.
LENDER: Callable[[Resources], Lender] = LoansOnDocuments
