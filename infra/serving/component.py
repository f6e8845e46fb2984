"""Model endpoints of a stack, and the network they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from infra.base.naming import Naming
from infra.network.security_rules import ANYWHERE, HTTPS, SecurityGroupRules
from infra.serving.endpoint import EndpointArgs, ModelEndpoint
from infra.serving.settings import ServingSettings


@dataclass(frozen=True, kw_only=True)
class ServingArgs:
    """What endpoints need from others.

    `artifacts` is model.tar.gz by training job (`Training.model_artifacts`). Captures go to `capture_bucket` (a name) below
    `capture_prefix` (no slashes at its ends), under `capture_key_arn`; `models_key_arn` encrypts the endpoint's volumes.
    """

    naming: Naming
    settings: ServingSettings
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    role_arn: pulumi.Input[str]
    image_uri: pulumi.Input[str]
    artifacts: Mapping[str, pulumi.Input[str]]
    capture_bucket: pulumi.Input[str]
    capture_prefix: str
    capture_key_arn: pulumi.Input[str]
    models_key_arn: pulumi.Input[str]
    logs_key_arn: pulumi.Input[str]
    log_retention_days: int
    alarm_topic_arns: Sequence[pulumi.Input[str]]


class Serving(pulumi.ComponentResource):
    """Every endpoint of the settings. Outputs are by the endpoint's name in the settings."""

    endpoint_names: dict[str, pulumi.Output[str]]
    endpoint_arns: dict[str, pulumi.Output[str]]
    model_names: dict[str, dict[str, pulumi.Output[str]]]
    alarm_names: dict[str, list[pulumi.Output[str]]]
    security_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: ServingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:ml:Serving", name, None, opts)
        # No way in: SageMaker's own front end reaches the container, not through the VPC.
        group = SecurityGroupRules(self, args.naming, "serving", "Machines of model endpoints", args.vpc_id)
        group.allow_out("to-https", "The lake, the registry and AWS", HTTPS, cidr=ANYWHERE)
        self.security_group_id = group.id
        endpoints = {
            endpoint: ModelEndpoint(
                args.naming.name("endpoint", endpoint),
                EndpointArgs(
                    naming=args.naming,
                    name=endpoint,
                    settings=settings,
                    subnet_ids=args.subnet_ids,
                    security_group_id=group.id,
                    role_arn=args.role_arn,
                    image_uri=args.image_uri,
                    artifacts=args.artifacts,
                    capture_uri=pulumi.Output.concat("s3://", args.capture_bucket, f"/{args.capture_prefix}/{endpoint}"),
                    capture_key_arn=args.capture_key_arn,
                    volume_key_arn=args.models_key_arn,
                    logs_key_arn=args.logs_key_arn,
                    log_retention_days=args.log_retention_days,
                    alarm_topic_arns=args.alarm_topic_arns,
                ),
                pulumi.ResourceOptions(parent=self),
            )
            for endpoint, settings in args.settings.endpoints.items()
        }
        self.endpoint_names = {endpoint: made.endpoint_name for endpoint, made in endpoints.items()}
        self.endpoint_arns = {endpoint: made.endpoint_arn for endpoint, made in endpoints.items()}
        self.model_names = {endpoint: made.model_names for endpoint, made in endpoints.items()}
        self.alarm_names = {endpoint: made.alarm_names for endpoint, made in endpoints.items()}
        self.register_outputs(
            {
                "endpointNames": self.endpoint_names,
                "endpointArns": self.endpoint_arns,
                "modelNames": self.model_names,
                "alarmNames": self.alarm_names,
                "securityGroupId": self.security_group_id,
            }
        )
