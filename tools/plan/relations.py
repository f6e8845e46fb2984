"""Relations with rules of their own: a pool's launch template, an endpoint's configuration, the autoscaling of a variant."""

from __future__ import annotations

from typing import Final

from catalog.types import appautoscaling, ec2, sagemaker
from tools.plan.links import LinkedPlan, Target
from tools.plan.reader import Block
from tools.plan.view import ResourceView

ENDPOINT_VARIANTS: Final = ("productionVariants", "shadowProductionVariants")


def has_template(view: ResourceView) -> bool:
    """Whether a resource makes its machines from a launch template, be it known yet or not."""
    return Block.of(view).given("launchTemplate")


def template_of(plan: LinkedPlan, view: ResourceView) -> Target:
    """The launch template that a node group, scaling group or instance names by its id or its name."""
    return plan.target(view, ec2.LAUNCH_TEMPLATE)


def configuration_of(plan: LinkedPlan, endpoint: ResourceView) -> Target:
    """The endpoint configuration that an endpoint names."""
    return plan.target(endpoint, sagemaker.ENDPOINT_CONFIGURATION)


def scaling_of(plan: LinkedPlan, endpoint: ResourceView, variant: str, of: int) -> ResourceView | None:
    """The scaling target of a variant's instances, where the endpoint has `of` variants; None where nothing scales them."""
    for target in plan.siblings(endpoint, appautoscaling.TARGET) or plan.of(appautoscaling.TARGET):
        dimension = Block.of(target).text("scalableDimension", unknown="")
        if dimension == appautoscaling.VARIANT_INSTANCES and _scales(target, endpoint, variant, of):
            return target
    return None


def _scales(target: ResourceView, endpoint: ResourceView, variant: str, of: int) -> bool:
    resource = Block.of(target).text("resourceId", unknown=None)
    if resource:
        names = {endpoint.name, endpoint.id, endpoint.props.get("name"), endpoint.outputs.get("name")}
        return any(resource == f"endpoint/{name}/variant/{variant}" for name in names if isinstance(name, str))
    # The target's resourceId is known at `up` only. Until then a sibling target is taken for the endpoint's only variant, or for
    # the variant that its name contains.
    return target.parent == endpoint.parent and (of == 1 or variant.lower() in target.name.lower())
