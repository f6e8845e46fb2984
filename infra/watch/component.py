"""Alarms on NAT gateways and on alerts that could not be delivered, and a dashboard. Endpoints declare alarms of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.base.component import Component
from infra.base.ground import Ground
from infra.watch.decide import dashboard_body


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs:
    """`endpoints` are SageMaker endpoint names. `nat_gateway_ids` are in the order of the ground's zones, one a gateway."""

    ground: Ground
    undelivered_queue_name: pulumi.Input[str]
    nat_gateway_ids: Sequence[pulumi.Input[str]]
    endpoints: tuple[str, ...]


class Observability(Component[ObservabilityArgs], token="slipway:observability:Observability"):
    """Alarms and a dashboard."""

    dashboard_name: pulumi.Output[str]

    def declare(self, args: ObservabilityArgs) -> None:
        naming = args.ground.naming
        self._alarm(
            "alerts-undelivered",
            "Alerts could not be delivered: nobody is told of anything else",
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": args.undelivered_queue_name},
            threshold=0,
        )
        for zone, gateway in zip(args.ground.zones, args.nat_gateway_ids, strict=False):
            letter = zone[-1]
            self._alarm(
                f"nat-{letter}-ports",
                "The NAT gateway has no ports left: connections from private subnets fail",
                namespace="AWS/NATGateway",
                metric="ErrorPortAllocation",
                dimensions={"NatGatewayId": gateway},
                threshold=0,
            )
            self._alarm(
                f"nat-{letter}-drops",
                "The NAT gateway drops packets",
                namespace="AWS/NATGateway",
                metric="PacketsDropCount",
                dimensions={"NatGatewayId": gateway},
                threshold=1000,
            )
        dashboard = aws.cloudwatch.Dashboard(
            naming.name("platform"),
            dashboard_name=naming.name("platform"),
            dashboard_body=json.dumps(dashboard_body(args.ground.scope.region, args.endpoints, naming.name())),
            opts=self.child(),
        )
        self.dashboard_name = dashboard.dashboard_name

    def _alarm(
        self,
        name: str,
        description: str,
        *,
        namespace: str,
        metric: str,
        dimensions: dict[str, pulumi.Input[str]],
        threshold: float,
    ) -> None:
        """An alarm on a metric's sum over five minutes being above `threshold`."""
        full = self._args.ground.naming.name(name)
        aws.cloudwatch.MetricAlarm(
            full,
            name=full,
            alarm_description=description,
            namespace=namespace,
            metric_name=metric,
            dimensions=dimensions,
            statistic="Sum",
            period=300,
            evaluation_periods=1,
            comparison_operator="GreaterThanThreshold",
            threshold=threshold,
            treat_missing_data="notBreaching",
            alarm_actions=[self._args.ground.alarm_topic_arn],
            ok_actions=[self._args.ground.alarm_topic_arn],
            tags=self._args.ground.naming.tags(full),
            opts=self.child(),
        )
