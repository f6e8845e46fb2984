"""Application Auto Scaling on real servers: target tracking of SageMakerVariantInvocationsPerInstance.

AWS watches its metric with alarms of 3 minutes (out) and 15 minutes (in). Here the rate of the last 60 seconds decides every
few seconds, so that a laptop shows in a minute what the cloud does in a quarter of an hour; cooldowns are kept as given.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.core.utils import utcnow

from catalog.types.appautoscaling import VARIANT_INSTANCES
from localcloud.services.sagemaker import metrics
from localcloud.services.sagemaker.endpoints import Endpoint, Endpoints
from localcloud.services.sagemaker.invoke import Traffic
from localcloud.services.sagemaker.shared import Shared

METRIC = "SageMakerVariantInvocationsPerInstance"
# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html
DEFAULT_COOLDOWN_S = 300.0
# AWS's scale-in alarm is at 90 % of the target, so that a load near the target does not make the number swing.
SCALE_IN_MARGIN = 0.9
PUBLISH_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One target with its tracking policy. `target` is invocations a minute and server; None when there is no policy."""

    minimum: int
    maximum: int
    target: float | None
    scale_out_cooldown_s: float = DEFAULT_COOLDOWN_S
    scale_in_cooldown_s: float = DEFAULT_COOLDOWN_S
    scale_in: bool = True
    scale_out: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """When the number last moved (monotonic seconds), and by how much it last grew."""

    out_at: float = -math.inf
    in_at: float = -math.inf
    grown_by: int = 0


def decide(policy: Policy, *, current: int, per_minute: float, now: float, history: History) -> int:
    """The number of servers to have now.

    Outside [minimum, maximum] it moves back at once, without cooldown. Growing: within the scale-out cooldown only by more
    than the last step. Shrinking: only when what is left stays below 90 % of the target, and only after both cooldowns.
    """
    if current < policy.minimum:
        return policy.minimum
    if current > policy.maximum:
        return policy.maximum
    if policy.target is None or policy.target <= 0:
        return current
    wanted = _clamp(math.ceil(per_minute / policy.target), policy)
    if wanted > current:
        cooling = now - history.out_at < policy.scale_out_cooldown_s
        if policy.scale_out and (not cooling or wanted - current > history.grown_by):
            return wanted
        return current
    relaxed = _clamp(math.ceil(per_minute / (policy.target * SCALE_IN_MARGIN)), policy)
    if relaxed < current and policy.scale_in:
        cooling = now - history.in_at < policy.scale_in_cooldown_s or now - history.out_at < policy.scale_in_cooldown_s
        if not cooling:
            return relaxed
    return current


def after(history: History, *, before: int, desired: int, now: float) -> History:
    """The history once the number has moved from `before` to `desired`."""
    if desired > before:
        return replace(history, out_at=now, grown_by=desired - before)
    return replace(history, in_at=now) if desired < before else history


def read_policy(target: Any, policies: list[Any]) -> Policy:
    """A moto scalable target and the policies on it as one `Policy`. Several: the one with the lowest target scales most."""
    suspended = target.suspended_state or {}
    minimum, maximum = int(target.min_capacity or 0), int(target.max_capacity or 0)
    tracking = [
        policy.target_tracking_scaling_policy_configuration
        for policy in policies
        if policy.target_tracking_scaling_policy_configuration
        and _metric_of(policy.target_tracking_scaling_policy_configuration) == METRIC
    ]
    if not tracking:
        return Policy(minimum=minimum, maximum=maximum, target=None)
    chosen = min(tracking, key=lambda row: float(row["TargetValue"]))
    return Policy(
        minimum=minimum,
        maximum=maximum,
        target=float(chosen["TargetValue"]),
        scale_out_cooldown_s=_cooldown(chosen, "ScaleOutCooldown"),
        scale_in_cooldown_s=_cooldown(chosen, "ScaleInCooldown"),
        scale_in=not chosen.get("DisableScaleIn") and not suspended.get("DynamicScalingInSuspended"),
        scale_out=not suspended.get("DynamicScalingOutSuspended"),
    )


class Autoscaler:
    """Looks at every variant with a scalable target every few seconds. Also publishes the endpoints' metrics."""

    def __init__(self, shared: Shared, endpoints: Endpoints, traffic: Traffic) -> None:
        self._shared, self._endpoints, self._traffic = shared, endpoints, traffic
        self._history: dict[tuple[str, str, str], History] = {}
        self._stop = threading.Event()
        self._published = 0.0

    def start(self) -> None:
        self._stop.clear()
        threading.Thread(target=self._loop, name="autoscaler", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def _loop(self) -> None:
        while not self._stop.wait(self._shared.limits.scaling_period_s):
            for endpoint in self._endpoints.all():
                with contextlib.suppress(RuntimeError):  # a registry that changes while it is read; the next round sees it
                    self.step(endpoint, time.monotonic())
            if time.monotonic() - self._published >= PUBLISH_S:
                self._published = time.monotonic()
                publish(self._shared.account, self._traffic.take())

    def step(self, endpoint: Endpoint, now: float) -> None:
        """Looks at one endpoint once and sets its numbers."""
        backend = applicationautoscaling_backends[self._shared.account][endpoint.region]
        targets = backend.targets.get(VARIANT_INSTANCES, {})
        if endpoint.deployment is None or not targets:
            return
        for variant in list(endpoint.deployment.variants.values()):
            resource = f"endpoint/{endpoint.name}/variant/{variant.name}"
            if resource not in targets:
                continue
            on_it = [
                p
                for p in list(backend.policies.values())
                if p.resource_id == resource and p.scalable_dimension == VARIANT_INSTANCES
            ]
            key = (endpoint.region, endpoint.name, variant.name)
            history = self._history.get(key, History())
            desired = decide(
                read_policy(targets[resource], on_it),
                current=variant.desired,
                per_minute=self._traffic.per_minute(key, now),
                now=now,
                history=history,
            )
            if desired != variant.desired and desired > 0:
                before = variant.desired
                if self._endpoints.scale(endpoint, variant.name, desired):
                    self._history[key] = after(history, before=before, desired=desired, now=now)


def publish(account: str, taken: Mapping[tuple[str, str, str], list[tuple[int, float]]]) -> None:
    """The endpoints' CloudWatch metrics: Invocations, errors, ModelLatency (microseconds), by endpoint and variant."""
    for (region, endpoint, variant), calls in taken.items():
        latencies = [latency * 1e6 for _, latency in calls]
        row: Callable[[str, float, str], dict[str, Any]] = lambda name, value, unit: {  # noqa: E731
            "MetricName": name,
            "Value": value,
            "Unit": unit,
        }
        data = [
            row("Invocations", len(calls), "None"),
            row("Invocation4XXErrors", sum(400 <= status < 500 for status, _ in calls), "None"),
            row("Invocation5XXErrors", sum(status >= 500 for status, _ in calls), "None"),
            row("ModelLatency", sum(latencies) / len(latencies), "Microseconds"),
        ]
        common = {
            "Timestamp": utcnow(),
            "Dimensions": [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}],
        }
        metrics.publish(account, region, metrics.ENDPOINT_NAMESPACE, [{**item, **common} for item in data])


def _metric_of(configuration: Mapping[str, Any]) -> str:
    predefined = (configuration.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    custom = (configuration.get("CustomizedMetricSpecification") or {}).get("MetricName")
    return METRIC if custom == "InvocationsPerInstance" else str(predefined)


def _cooldown(configuration: Mapping[str, Any], key: str) -> float:
    value = configuration.get(key)
    return DEFAULT_COOLDOWN_S if value is None else float(value)


def _clamp(count: int, policy: Policy) -> int:
    return max(policy.minimum, 1, min(policy.maximum, count))
