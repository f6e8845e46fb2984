"""The tags that every resource of the platform carries and that the rules ask for."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

REQUIRED_TAGS: Final = ("Project", "Environment", "Owner", "CostCenter", "ManagedBy")
DATA_CLASS_TAG: Final = "DataClass"


class DataClass(StrEnum):
    """How sensitive the data in a store is: the value of the tag `DataClass`, which everything that holds data carries."""

    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    # About people. Stores of this class say more of themselves: policies/rules/privacy.py names the tags.
    PERSONAL = "personal"
    LOGS = "logs"
