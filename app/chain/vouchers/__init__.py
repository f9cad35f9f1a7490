"""Vouchers: a core's promises to pay, split and passed on from holder to holder."""
