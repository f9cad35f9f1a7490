"""All pages of a firm that borrows, in the order in which their addresses are tried."""

from fastapi import APIRouter

from app.lending.borrowing import (
    application,
    applications,
    apply,
    calendar,
    first,
    loan,
    loan_files,
    loans,
)

ROUTERS: tuple[APIRouter, ...] = (
    first.router,
    apply.router,
    applications.router,
    application.router,
    loans.router,
    loan_files.router,
    loan.router,
    calendar.router,
)
