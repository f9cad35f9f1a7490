"""All pages of a firm that borrows, in the order in which their addresses are tried."""

from fastapi import APIRouter

from app.lending.borrowing import application, applications, apply

ROUTERS: tuple[APIRouter, ...] = (
    apply.router,
    applications.router,
    application.router,
)
