"""Secrets that workloads read at run time, each under the secrets key. A value comes from encrypted configuration, or by hand."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.base.naming import DataClass, Naming
from infra.settings_platform import SecretsSettings


@dataclass(frozen=True, kw_only=True)
class VaultArgs:
    """`key_arn` encrypts the secrets."""

    naming: Naming
    settings: SecretsSettings
    key_arn: pulumi.Input[str]


class Vault(pulumi.ComponentResource):
    """Secret arns by name."""

    arns: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: VaultArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:security:Vault", name, None, opts)
        self.arns = {secret: self._secret(secret, args) for secret in args.settings.names}
        self.register_outputs({"arns": self.arns})

    def _secret(self, secret: str, args: VaultArgs) -> pulumi.Output[str]:
        name = args.naming.name(secret)
        # No rotation, though a rule asks for it: these are tokens that somebody else issues, and only a function that knows the
        # issuer could renew them.
        resource = aws.secretsmanager.Secret(
            name,
            name=name,
            description=f"{secret}, read by workloads of {args.naming.prefix}",
            kms_key_id=args.key_arn,
            recovery_window_in_days=args.settings.recovery_days,
            tags=args.naming.tags(name, data_class=DataClass.CONFIDENTIAL),
            opts=pulumi.ResourceOptions(parent=self),
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
