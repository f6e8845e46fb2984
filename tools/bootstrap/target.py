"""The names and the place of what bootstrap makes for one environment, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from catalog.tags import DataClass
from infra.base.iam import Scope
from infra.base.naming import Naming

# An account has one key and one bucket a region. Environments that share an account share both; each has its own state in them.
KEY_ALIAS: Final = "alias/slipway-state"
# The path of the roles made here. The platform's roles are /slipway-<environment>-*, and no pattern for those matches this path.
ROLE_PATH: Final = "/slipway-bootstrap/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One environment. `repository` (owner/name; "" for none) may assume its roles; `datasets` are those its stack uploads.

    `empties_buckets` says that `destroy` may delete the objects in the platform's buckets (lake.forceDestroy in the stack file).
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
        """The account, region and name prefix of the platform's own resources."""
        return Scope(
            account_id=self.account_id, region=self.region, prefix=self.naming.prefix, environment=self.naming.environment
        )

    @property
    def bucket(self) -> str:
        """The name of the state's bucket. It contains account and region, because bucket names are unique in all of AWS."""
        return self.bucket_name or f"{self.naming.project}-state-{self.account_id}-{self.region}"

    @property
    def bucket_arn(self) -> str:
        return f"arn:aws:s3:::{self.bucket}"

    @property
    def backend_url(self) -> str:
        """The value for `PULUMI_BACKEND_URL`."""
        return f"s3://{self.bucket}"

    @property
    def secrets_provider(self) -> str:
        """Pulumi's name for the key that encrypts the stack's secrets."""
        return f"awskms://{KEY_ALIAS}?region={self.region}"

    def role(self, purpose: str) -> str:
        """The name of a role of CI."""
        return self.naming.name(purpose)

    def role_arn(self, purpose: str) -> str:
        return f"arn:aws:iam::{self.account_id}:role{ROLE_PATH}{self.role(purpose)}"

    def shared_tags(self, name: str, *, data_class: DataClass | None = None) -> Mapping[str, str]:
        """The tags of a resource that all environments of the account share."""
        return self.naming.tags(name, data_class=data_class) | {"Environment": "shared", "ManagedBy": "slipway-bootstrap"}

    def own_tags(self, name: str) -> Mapping[str, str]:
        """The tags of a resource that only this environment has."""
        return self.naming.tags(name) | {"ManagedBy": "slipway-bootstrap"}
