"""What the dashboard shows: plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


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
