"""What every component stands on, handed on as one object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.base.iam import Scope
from infra.base.naming import KeyDomain, Naming


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """Names, place, keys, roles, and what the stack says of logs, protection and alarms.

    `keys` are arns by what they encrypt, `roles` arns by the key of the role that a capability's `rights.py` asks for. `zones`
    are the names of the zones in use, in order. `log_days` is how long log groups keep what is in them, `protect` whether what
    holds data refuses to be deleted. Alarms publish to `alarm_topic_arn`.
    """

    naming: Naming
    scope: Scope
    zones: tuple[str, ...]
    protect: bool
    log_days: int
    keys: Mapping[KeyDomain, pulumi.Input[str]]
    roles: Mapping[str, pulumi.Input[str]]
    alarm_topic_arn: pulumi.Input[str]

    def log_group(self, parent: pulumi.Resource, name: str, group: str) -> aws.cloudwatch.LogGroup:
        """A log group called `group`, encrypted and kept as long as the stack says. `name` is its logical name."""
        return aws.cloudwatch.LogGroup(
            name,
            name=group,
            retention_in_days=self.log_days,
            kms_key_id=self.keys["logs"],
            tags=self.naming.tags(name),
            opts=pulumi.ResourceOptions(parent=parent),
        )
