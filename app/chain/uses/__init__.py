"""Reservations and uses of caps: which accounts they take, and their ends."""
