"""Invoices of the 2020 modelling contest, as published."""
