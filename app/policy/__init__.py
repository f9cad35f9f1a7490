"""What the bank lends on, and how much: dated, versioned files, every value with its source."""

from app.policy.loader import (
    Policy,
    PolicyValue,
    in_force,
    load_policies,
    policy_on,
    read_policy,
    shipped,
)

__all__ = [
    "Policy",
    "PolicyValue",
    "in_force",
    "load_policies",
    "policy_on",
    "read_policy",
    "shipped",
]
