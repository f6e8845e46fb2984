"""One KMS key a domain, so that losing or revoking one does not touch the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.base.component import Component
from infra.base.iam import Scope
from infra.base.naming import Naming
from infra.keys.rights import KEYS, KeySpec, key_policy
from infra.keys.settings import KeysSettings


@dataclass(frozen=True, kw_only=True)
class KeysArgs:
    """`protect` keeps every key from being deleted."""

    naming: Naming
    scope: Scope
    settings: KeysSettings
    protect: bool


class Keys(Component[KeysArgs], token="slipway:security:Keys"):
    """The keys and their aliases. `arns` is by domain."""

    def declare(self, args: KeysArgs) -> None:
        self.arns = {spec.name: self._key(spec, args) for spec in KEYS}

    def named_outputs(self) -> Mapping[str, pulumi.Output[str]]:
        return {f"{domain}Arn": arn for domain, arn in self.arns.items()}

    def _key(self, spec: KeySpec, args: KeysArgs) -> pulumi.Output[str]:
        name = args.naming.name(spec.name)
        key = aws.kms.Key(
            name,
            description=f"{args.naming.prefix}: {spec.description}",
            policy=json.dumps(key_policy(args.scope, spec)),
            enable_key_rotation=True,
            rotation_period_in_days=args.settings.rotation_days,
            deletion_window_in_days=args.settings.deletion_window_days,
            tags=args.naming.tags(name),
            opts=self.child(protect=args.protect),
        )
        alias = aws.kms.Alias(name, name=f"alias/{name}", target_key_id=key.key_id, opts=self.child())
        # Policies of roles allow keys by alias, so whatever uses a key waits for the alias and is deleted before it.
        return pulumi.Output.all(key.arn, alias.id).apply(lambda known: str(known[0]))
