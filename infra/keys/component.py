"""One KMS key a domain, so that losing or revoking one does not touch the others."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.base.iam import Scope
from infra.base.naming import Naming
from infra.keys.rights import KEY_DOMAINS, KeyDomain, key_policy


@dataclass(frozen=True, kw_only=True)
class KeysArgs:
    """`deletion_window_days` and `rotation_days` are KMS's own; `protect` keeps every key from being deleted."""

    naming: Naming
    scope: Scope
    deletion_window_days: int
    rotation_days: int
    protect: bool


class Keys(pulumi.ComponentResource):
    """The keys and their aliases. `arns` is by domain: data, models, logs, cluster, secrets."""

    data_arn: pulumi.Output[str]
    models_arn: pulumi.Output[str]
    logs_arn: pulumi.Output[str]
    cluster_arn: pulumi.Output[str]
    secrets_arn: pulumi.Output[str]

    def __init__(self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:security:Keys", name, None, opts)
        self.arns = {domain.name: self._key(domain, args) for domain in KEY_DOMAINS}
        self.data_arn = self.arns["data"]
        self.models_arn = self.arns["models"]
        self.logs_arn = self.arns["logs"]
        self.cluster_arn = self.arns["cluster"]
        self.secrets_arn = self.arns["secrets"]
        self.register_outputs({f"{domain}Arn": arn for domain, arn in self.arns.items()})

    def _key(self, domain: KeyDomain, args: KeysArgs) -> pulumi.Output[str]:
        name = args.naming.name(domain.name)
        key = aws.kms.Key(
            name,
            description=f"{args.naming.prefix}: {domain.description}",
            policy=json.dumps(key_policy(args.scope, domain)),
            enable_key_rotation=True,
            rotation_period_in_days=args.rotation_days,
            deletion_window_in_days=args.deletion_window_days,
            tags=args.naming.tags(name),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        alias = aws.kms.Alias(name, name=f"alias/{name}", target_key_id=key.key_id, opts=pulumi.ResourceOptions(parent=self))
        # Roles know keys by alias: what uses the key comes after the alias, and is gone before it.
        return pulumi.Output.all(key.arn, alias.id).apply(lambda known: str(known[0]))
