"""What is watched besides the endpoints, which bring their own alarms: NAT gateways and undelivered alerts; and a dashboard."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.base.naming import Naming


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs:
    """`endpoints` are SageMaker endpoint names, `nat_gateway_ids` one a gateway."""

    naming: Naming
    region: str
    topic_arn: pulumi.Input[str]
    undelivered_queue_name: pulumi.Input[str]
    nat_gateway_ids: Sequence[pulumi.Input[str]]
    zones: tuple[str, ...]
    endpoints: tuple[str, ...]
    cluster_name: str


class Observability(pulumi.ComponentResource):
    """Alarms and a dashboard."""

    dashboard_name: pulumi.Output[str]

    def __init__(self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:observability:Observability", name, None, opts)
        self._args = args
        self._alarm(
            "alerts-undelivered",
            "Alerts could not be delivered: nobody is told of anything else",
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": args.undelivered_queue_name},
            threshold=0,
        )
        for zone, gateway in zip(args.zones, args.nat_gateway_ids, strict=False):
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
            args.naming.name("platform"),
            dashboard_name=args.naming.name("platform"),
            dashboard_body=json.dumps(dashboard_body(args.region, args.endpoints, args.cluster_name)),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.dashboard_name = dashboard.dashboard_name
        self.register_outputs({"dashboardName": self.dashboard_name})

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
        full = self._args.naming.name(name)
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
            alarm_actions=[self._args.topic_arn],
            ok_actions=[self._args.topic_arn],
            tags=self._args.naming.tags(full),
            opts=pulumi.ResourceOptions(parent=self),
        )


def dashboard_body(region: str, endpoints: Sequence[str], cluster_name: str) -> dict[str, Any]:
    """A CloudWatch dashboard: a row an endpoint (traffic, latency, errors), then jobs and the cluster's nodes."""
    rows = [_endpoint_row(region, endpoint, row) for row, endpoint in enumerate(endpoints)]
    last = len(rows) * 6
    jobs = _search("/aws/sagemaker/TrainingJobs,Host", "GPUUtilization", "Average")
    nodes = _search("ContainerInsights,ClusterName", "node_gpu_utilization", "Average", f'ClusterName="{cluster_name}"')
    tail = [_widget(region, "Training: GPU use", [jobs], 0, last), _widget(region, "Cluster: GPU use", [nodes], 8, last)]
    return {"widgets": [widget for row in rows for widget in row] + tail}


def _endpoint_row(region: str, endpoint: str, row: int) -> list[dict[str, Any]]:
    def metric(name: str, stat: str) -> list[Any]:
        return _search("AWS/SageMaker,EndpointName,VariantName", name, stat, f'EndpointName="{endpoint}"')

    return [
        _widget(region, f"{endpoint}: invocations", [metric("Invocations", "Sum")], 0, row * 6),
        _widget(region, f"{endpoint}: model latency", [metric("ModelLatency", "p99")], 8, row * 6),
        _widget(
            region,
            f"{endpoint}: errors",
            [metric("Invocation4XXErrors", "Sum"), metric("Invocation5XXErrors", "Sum")],
            16,
            row * 6,
        ),
    ]


def _search(schema: str, metric: str, stat: str, more: str = "") -> list[Any]:
    return [{"expression": f"SEARCH('{{{schema}}} MetricName=\"{metric}\" {more}', '{stat}', 300)"}]


def _widget(region: str, title: str, metrics: list[Any], x: int, y: int) -> dict[str, Any]:
    properties = {"title": title, "region": region, "view": "timeSeries", "metrics": metrics, "period": 300}
    return {"type": "metric", "x": x, "y": y, "width": 8, "height": 6, "properties": properties}
