"""Secrets that workloads read at run time, each under the secrets key. A value comes from encrypted configuration, or by hand."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from catalog.tags import DataClass
from infra.base.component import Component
from infra.base.ground import Ground
from infra.vault.settings import SecretsSettings


@dataclass(frozen=True, kw_only=True)
class VaultArgs:
    """What the vault needs."""

    ground: Ground
    settings: SecretsSettings


class Vault(Component[VaultArgs], token="slipway:security:Vault"):
    """Secret arns by name."""

    arns: dict[str, pulumi.Output[str]]

    def declare(self, args: VaultArgs) -> None:
        self.arns = {secret: self._secret(secret, args) for secret in args.settings.names}

    def _secret(self, secret: str, args: VaultArgs) -> pulumi.Output[str]:
        naming = args.ground.naming
        name = naming.name(secret)
        # Without rotation, though a rule asks for it: other services issue these tokens, and only a function that knows the
        # issuer could renew them.
        resource = aws.secretsmanager.Secret(
            name,
            name=name,
            description=f"{secret}, read by workloads of {naming.prefix}",
            kms_key_id=args.ground.keys["secrets"],
            recovery_window_in_days=args.settings.recovery_days,
            tags=naming.tags(name, data_class=DataClass.CONFIDENTIAL),
            opts=self.child(),
        )
        if secret in args.settings.values:
            value = args.settings.values[secret].get_secret_value()
            aws.secretsmanager.SecretVersion(
                name,
                secret_id=resource.id,
                secret_string=pulumi.Output.secret(value),
                opts=pulumi.ResourceOptions(parent=resource),
            )
        return resource.arn
