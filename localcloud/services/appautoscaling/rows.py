"""Application Auto Scaling: what scales, and by which policy. Facts of behaviour: tests/golden/appautoscaling.*.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.types import appautoscaling
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import when
from localcloud.kernel.spec import Autoname, Resource, Tags, Update

_SERVICE = "application-autoscaling"
_ADDRESS = {"ServiceNamespace": "{serviceNamespace}", "ResourceId": "{resourceId}", "ScalableDimension": "{scalableDimension}"}


def _read_target(c: Context) -> dict[str, Any] | None:
    namespace, resource, dimension = (c.get(name) for name in ("serviceNamespace", "resourceId", "scalableDimension"))
    if namespace is None:  # an import: namespace/resource/dimension, as pulumi-aws takes it
        namespace, _, rest = c.id.partition("/")
        resource, _, dimension = rest.rpartition("/")
        c.id = resource
    found = c.client().describe_scalable_targets(ServiceNamespace=namespace, ResourceIds=[resource])["ScalableTargets"]
    return next((target for target in found if target["ScalableDimension"] == dimension), None)


_REGISTER = Call(op="register_scalable_target", params={"RoleARN": lambda c: c.props.get("roleArn") or None}, skip=("roleArn",))

TARGET = Resource(
    type=appautoscaling.TARGET.token,
    service=_SERVICE,
    create=_REGISTER,
    id="{resourceId}",
    read=_read_target,
    missing=("ObjectNotFoundException",),
    updates=(Update(on=("minCapacity", "maxCapacity", "roleArn", "suspendedState"), do=_REGISTER, after_create=False),),
    delete=Call(op="deregister_scalable_target", params=_ADDRESS),
    replace=frozenset({"resourceId", "scalableDimension", "serviceNamespace"}),
    computed=frozenset({"roleArn", "suspendedState"}),
    empty={"roleArn": ""},
    zeros=frozenset({"suspendedState"}),
    rename={"arn": "ScalableTargetARN", "roleArn": "RoleARN"},
    outputs={"suspendedState": lambda c: c.data.get("SuspendedState") or None},
    tags=Tags(create="", form="map", target=("ResourceARN", "{arn}"), list_op="list_tags_for_resource"),
)


def _read_policy(c: Context) -> dict[str, Any] | None:
    name = c.get("name") or c.id
    namespace, resource, dimension = (c.get(key) for key in ("serviceNamespace", "resourceId", "scalableDimension"))
    if namespace is None:  # an import: namespace/resource/dimension/name, as pulumi-aws takes it
        namespace, _, rest = c.id.partition("/")
        rest, _, name = rest.rpartition("/")
        resource, _, dimension = rest.rpartition("/")
        c.id = name
    found = c.client().describe_scaling_policies(ServiceNamespace=namespace, ResourceId=resource, PolicyNames=[name])[
        "ScalingPolicies"
    ]
    return next((policy for policy in found if policy["ScalableDimension"] == dimension), None)


def _put_policy(c: Context) -> Any:
    request: dict[str, Any] = {member: c.fill(template) for member, template in _ADDRESS.items()}
    tracking, step = (c.props.get(f"{kind}ScalingPolicyConfiguration") for kind in ("targetTracking", "step"))
    if tracking:
        request["TargetTrackingScalingPolicyConfiguration"] = _upper(tracking)
    if step:
        request["StepScalingPolicyConfiguration"] = _upper(step)
    return c.client().put_scaling_policy(PolicyName=c.props["name"], PolicyType=c.props["policyType"], **request)


def _upper(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            key[0].upper() + key[1:]: _upper(item) for key, item in value.items() if item is not None and not key.startswith("__")
        }
    return [_upper(item) for item in value] if isinstance(value, list) else value


def _target_value(props: Mapping[str, Any]) -> str | None:
    tracking = props.get("targetTrackingScalingPolicyConfiguration") or {}
    return "Missing required argument: targetValue is required" if tracking and tracking.get("targetValue") is None else None


POLICY = Resource(
    type=appautoscaling.POLICY.token,
    service=_SERVICE,
    create=_put_policy,
    id="{name}",
    read=_read_policy,
    missing=("ObjectNotFoundException",),
    updates=(
        Update(
            on=("policyType", "stepScalingPolicyConfiguration", "targetTrackingScalingPolicyConfiguration"),
            do=_put_policy,
            after_create=False,
        ),
    ),
    delete=Call(op="delete_scaling_policy", params={"PolicyName": "{name}", **_ADDRESS}),
    replace=frozenset({"name", "resourceId", "scalableDimension", "serviceNamespace"}),
    defaults={"policyType": "StepScaling"},
    zeros=frozenset({"targetTrackingScalingPolicyConfiguration"}),
    rename={"name": "PolicyName", "arn": "PolicyARN"},
    outputs={"alarmArns": lambda c: [alarm["AlarmARN"] for alarm in c.data.get("Alarms", ())]},
    autoname=Autoname(limit=255),
    checks=(when("targetTrackingScalingPolicyConfiguration", _target_value),),
)

ROWS = (TARGET, POLICY)
