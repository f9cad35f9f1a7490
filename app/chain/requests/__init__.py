"""Requests: what a firm asks of whoever owes it, a confirmation or a voucher passed on."""
