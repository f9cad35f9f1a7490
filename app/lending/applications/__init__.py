"""Applications: from asking to an offer, accepted, recommended and decided, each move guarded."""
