"""The third schema: the names under which the bank itself is registered as a secured party."""

from typing import Literal

from pydantic import Field

from app.policy.schemas import second
from app.policy.schemas.entries import TextList


class ThirdValues(second.SecondValues):
    """Single values."""

    own_names: TextList


class ThirdPolicyFile(second.SecondPolicyFile):
    """A policy file of the third schema."""

    schema_number: Literal[3] = Field(alias="schema")  # type: ignore[assignment]  # its own number
    values: ThirdValues
