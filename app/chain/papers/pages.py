"""All pages of documents, in the order in which their addresses are tried."""

from fastapi import APIRouter

from app.chain.papers import (
    confirming,
    core_first,
    held_voucher,
    holding,
    issuing,
    receivables,
    requests,
    vouchers,
)

ROUTERS: tuple[APIRouter, ...] = (
    core_first.router,
    confirming.router,
    receivables.router,
    issuing.router,
    vouchers.router,
    holding.router,
    held_voucher.router,
    requests.router,
)
