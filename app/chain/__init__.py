"""Chains and firms: who they are, what they may borrow and why, and the runs that compute it."""
