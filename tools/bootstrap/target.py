"""What one environment's beginnings are called, and where they are. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from catalog.tags import DataClass
from infra.base.iam import Scope
from infra.base.naming import Naming

# One key and one bucket an account and region: environments that share an account share both, each below its own name.
KEY_ALIAS: Final = "alias/slipway-state"
# The platform's roles are /slipway-<environment>-*. Those made here lie below a path, which no pattern over the others means.
ROLE_PATH: Final = "/slipway-bootstrap/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One environment. `repository` (owner/name) may take its roles, "" for nobody; `datasets` are those its stack uploads.

    `empties_buckets`: `destroy` may delete what is in the platform's buckets, as the stack file's lake.forceDestroy says.
    """

    stack: str
    account_id: str
    region: str
    naming: Naming
    repository: str = ""
    bucket_name: str = ""
    datasets: tuple[str, ...] = ()
    empties_buckets: bool = False

    @property
    def scope(self) -> Scope:
        """Where the platform's own things will be."""
        return Scope(
            account_id=self.account_id, region=self.region, prefix=self.naming.prefix, environment=self.naming.environment
        )

    @property
    def bucket(self) -> str:
        """The state's bucket. Bucket names are one space for everyone on AWS, so account and region are in it."""
        return self.bucket_name or f"{self.naming.project}-state-{self.account_id}-{self.region}"

    @property
    def bucket_arn(self) -> str:
        return f"arn:aws:s3:::{self.bucket}"

    @property
    def backend_url(self) -> str:
        """What `PULUMI_BACKEND_URL` must say."""
        return f"s3://{self.bucket}"

    @property
    def secrets_provider(self) -> str:
        """What encrypts the stack's secrets, as Pulumi names it."""
        return f"awskms://{KEY_ALIAS}?region={self.region}"

    def role(self, purpose: str) -> str:
        """The name of a role of CI."""
        return self.naming.name(purpose)

    def role_arn(self, purpose: str) -> str:
        return f"arn:aws:iam::{self.account_id}:role{ROLE_PATH}{self.role(purpose)}"

    def shared_tags(self, name: str, *, data_class: DataClass | None = None) -> Mapping[str, str]:
        """The tags of what the account has once, whichever environment was first."""
        return self.naming.tags(name, data_class=data_class) | {"Environment": "shared", "ManagedBy": "slipway-bootstrap"}

    def own_tags(self, name: str) -> Mapping[str, str]:
        """The tags of what is this environment's alone."""
        return self.naming.tags(name) | {"ManagedBy": "slipway-bootstrap"}
