"""
The released schemas of policy files, oldest first: one module each, read for ever.

A file names its schema by a number; files from before schemas had numbers are of the first. A new
schema is a new module here, and a file in `added/` that says what its new values are taken to be
for files of older schemas.
"""

from app.policy.schemas import fifth, first, fourth, second, third
from app.policy.schemas.entries import Entry, Section

Form = (
    first.FirstPolicyFile
    | second.SecondPolicyFile
    | third.ThirdPolicyFile
    | fourth.FourthPolicyFile
    | fifth.FifthPolicyFile
)
SCHEMAS: dict[int, type[Form]] = {
    1: first.FirstPolicyFile,
    2: second.SecondPolicyFile,
    3: third.ThirdPolicyFile,
    4: fourth.FourthPolicyFile,
    5: fifth.FifthPolicyFile,
}

__all__ = ["SCHEMAS", "Entry", "Form", "Section"]
