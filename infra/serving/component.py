"""Model endpoints of a stack, and the network they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from infra.base.component import Component
from infra.base.ground import Ground
from infra.lake.decide import CAPTURE_PREFIX
from infra.network.security_rules import ANYWHERE, HTTPS, SecurityGroupRules
from infra.network.vpc import Vpc
from infra.serving.endpoint import EndpointArgs, ModelEndpoint
from infra.serving.settings import ServingSettings


@dataclass(frozen=True, kw_only=True)
class ServingArgs:
    """What endpoints need from others.

    `buckets` are the lake's, names by purpose; captures go to the raw one. `artifacts` is model.tar.gz by training job
    (`Training.model_artifacts`).
    """

    ground: Ground
    settings: ServingSettings
    vpc: Vpc
    buckets: Mapping[str, pulumi.Input[str]]
    image_uri: pulumi.Input[str]
    artifacts: Mapping[str, pulumi.Input[str]]


class Serving(Component[ServingArgs], token="slipway:ml:Serving"):
    """Every endpoint of the settings. Outputs are by the endpoint's name in the settings."""

    endpoint_names: dict[str, pulumi.Output[str]]
    endpoint_arns: dict[str, pulumi.Output[str]]
    model_names: dict[str, dict[str, pulumi.Output[str]]]
    alarm_names: dict[str, list[pulumi.Output[str]]]
    security_group_id: pulumi.Output[str]

    def declare(self, args: ServingArgs) -> None:
        naming = args.ground.naming
        # The group has no rule for incoming traffic: SageMaker's front end does not reach the container through the VPC.
        group = SecurityGroupRules(self, naming, "serving", "Machines of model endpoints", args.vpc.id)
        group.allow_out("to-https", "The lake, the registry and AWS", HTTPS, cidr=ANYWHERE)
        self.security_group_id = group.id
        endpoints = {
            endpoint: ModelEndpoint(
                naming.name("endpoint", endpoint),
                EndpointArgs(
                    ground=args.ground,
                    name=endpoint,
                    settings=settings,
                    vpc=args.vpc,
                    security_group_id=group.id,
                    image_uri=args.image_uri,
                    artifacts=args.artifacts,
                    capture_uri=pulumi.Output.concat("s3://", args.buckets["raw"], f"/{CAPTURE_PREFIX}/{endpoint}"),
                ),
                self.child(),
            )
            for endpoint, settings in args.settings.endpoints.items()
        }
        self.endpoint_names = {endpoint: made.endpoint_name for endpoint, made in endpoints.items()}
        self.endpoint_arns = {endpoint: made.endpoint_arn for endpoint, made in endpoints.items()}
        self.model_names = {endpoint: made.model_names for endpoint, made in endpoints.items()}
        self.alarm_names = {endpoint: made.alarm_names for endpoint, made in endpoints.items()}
