"""Application Auto Scaling: tags of a scalable target, which moto lacks, and its role, which moto forgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.recorded import Addition, ApiCall, Refusal, tagging


def _scalable_target(call: ApiCall) -> Any:
    from moto.applicationautoscaling.models import applicationautoscaling_backends

    wanted = call.params["ResourceARN"]
    for dimensions in applicationautoscaling_backends[ACCOUNT][call.region].targets.values():
        for target in dimensions.values():
            if target.arn == wanted:
                return target
    raise Refusal("ResourceNotFoundException", f"The resource {wanted} does not exist.")


def _register_target(call: ApiCall) -> Mapping[str, Any] | None:
    """Sets the role of a target that is there, which moto forgets; moto itself does the rest of the operation."""
    from moto.applicationautoscaling.models import applicationautoscaling_backends

    names = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    for dimensions in applicationautoscaling_backends[ACCOUNT][call.region].targets.values():
        for target in dimensions.values():
            address = (target.service_namespace, target.resource_id, target.scalable_dimension)
            if address == tuple(call.params.get(name) for name in names) and call.params.get("RoleARN"):
                target.role_arn = call.params["RoleARN"]
    return None


ADDITION = Addition(
    service="application-autoscaling",
    extras={
        "RegisterScalableTarget": _register_target,
        **tagging(_scalable_target, listed="Tags", added="Tags", removed="TagKeys"),
    },
)
