"""Names and tags, from one frozen object."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Literal

from catalog.tags import DATA_CLASS_TAG, DataClass

PROJECT: Final = "slipway"
# What has a KMS key of its own.
KeyDomain = Literal["data", "models", "logs", "cluster", "secrets"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Naming:
    """Every name and tag of one stack. `environment` is the stack's, `project` the product's."""

    project: str
    environment: str
    owner: str
    cost_center: str

    @property
    def prefix(self) -> str:
        """What every name starts with: `slipway-dev`."""
        return f"{self.project}-{self.environment}"

    def name(self, *parts: str) -> str:
        """`slipway-dev-part-part`: a physical name where AWS asks for one, and a logical name where it does not."""
        return "-".join((self.prefix, *parts))

    def bucket(self, purpose: str, account_id: str, region: str) -> str:
        """A bucket's name. Bucket names are one space for everyone on AWS, so account and region are in it."""
        return self.name(purpose, account_id, region)

    def short(self, *parts: str, limit: int) -> str:
        """`name(...)`, cut to `limit` characters with a hash of the whole, so that two long names never meet."""
        full = self.name(*parts)
        if len(full) <= limit:
            return full
        digest = hashlib.sha256(full.encode()).hexdigest()[:8]
        return f"{full[: limit - 9].rstrip('-')}-{digest}"

    def tags(self, name: str = "", *, data_class: DataClass | None = None, **extra: str) -> dict[str, str]:
        """The tags of one resource: the required five, `Name` where given, `DataClass` where it holds data."""
        tags = {
            "Project": self.project,
            "Environment": self.environment,
            "Owner": self.owner,
            "CostCenter": self.cost_center,
            "ManagedBy": "pulumi",
        }
        if name:
            tags["Name"] = name
        if data_class is not None:
            tags[DATA_CLASS_TAG] = data_class.value
        return {**tags, **extra}
