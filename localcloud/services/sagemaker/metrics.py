"""Metrics of a job: read from its log lines by MetricDefinitions, and put into moto's CloudWatch."""

from __future__ import annotations

import contextlib
import math
import re
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import utcnow

JOB_NAMESPACE = "/aws/sagemaker/TrainingJobs"
ENDPOINT_NAMESPACE = "AWS/SageMaker"
# After so many points of a metric the next come half as often: moto keeps all in memory, and a job may train for weeks.
POINTS_A_PACE = 500


class MetricWatch:
    """Follows one job's metrics over all its hosts. The last value of each metric is its final one."""

    def __init__(self, definitions: Sequence[Mapping[str, str]]) -> None:
        self._patterns = [(row["Name"], compile_metric(row["Name"], row["Regex"])) for row in definitions]
        self._last: dict[str, tuple[float, datetime]] = {}
        self._series: list[tuple[str, float, datetime]] = []
        self._points: dict[str, tuple[int, datetime]] = {}  # metric -> how many points it has, and when the last one was
        self._lock = threading.Lock()

    def feed(self, line: str) -> None:
        """Looks for every metric in one line; the first group of the last match counts."""
        for name, pattern in self._patterns:
            for match in pattern.finditer(line):
                value = _number(match)
                if value is not None:
                    self._record(name, value)

    def final(self) -> list[dict[str, Any]]:
        """SageMaker's FinalMetricDataList, in the order of the definitions."""
        with self._lock:
            return [
                {"MetricName": name, "Value": self._last[name][0], "Timestamp": self._last[name][1]}
                for name, _ in self._patterns
                if name in self._last
            ]

    def take_series(self) -> list[tuple[str, float, datetime]]:
        """The values since the last call: of a metric at most one a second, after 500 one in 2 s, then in 4 s, and so on."""
        with self._lock:
            series, self._series = self._series, []
        return series

    def _record(self, name: str, value: float) -> None:
        now = utcnow()
        with self._lock:
            self._last[name] = (value, now)
            # A step printed every millisecond is a point a second in CloudWatch, as standard resolution is coarser still.
            count, last = self._points.get(name) or (0, None)
            second = now.replace(microsecond=0)
            if last is None or (second - last).total_seconds() >= 2 ** (count // POINTS_A_PACE):
                self._points[name] = (count + 1, second)
                self._series.append((name, value, now))


def compile_metric(name: str, regex: str) -> re.Pattern[str]:
    """Raises ValueError naming the metric when its expression is not one, or has no group to take the number from."""
    try:
        pattern = re.compile(regex)
    except re.error as error:
        raise ValueError(
            f"metric {name!r}: {regex!r} is not a regular expression ({error}); write one with one group around the number"
        ) from error
    if not pattern.groups:
        raise ValueError(f"metric {name!r}: {regex!r} has no group; put parentheses around the number")
    return pattern


def publish(account: str, region: str, namespace: str, data: list[dict[str, Any]]) -> None:
    """Puts metric data into moto's CloudWatch; a metric never fails what it measures."""
    if data:
        with contextlib.suppress(Exception):
            cloudwatch_backends[account][region].put_metric_data(namespace, data)


def _number(match: re.Match[str]) -> float | None:
    text = next((group for group in match.groups() if group is not None), "")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
