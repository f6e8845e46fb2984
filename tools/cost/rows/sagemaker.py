"""SageMaker endpoints and notebooks. Training jobs are in `training`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tools.cost.bill import Ask, Charge, Row
from tools.plan.view import UNKNOWN, ResourceView, Secret

CONFIGURATION: Final = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
TARGET: Final = "aws:appautoscaling/target:Target"
INSTANCE_COUNT: Final = "sagemaker:variant:DesiredInstanceCount"


def _endpoint(ask: Ask) -> Iterator[Charge]:
    named = ask.view.get("endpointConfigName")
    configuration = ask.links.find(ask.view, CONFIGURATION, named)
    if configuration is None:
        ask.gaps.append("its endpoint configuration is not in the plan, so its instances are unknown")
        return
    if named is UNKNOWN:
        ask.note(f"endpointConfigName unknown until up, {configuration.name} taken")
    variants = [item for key in ("productionVariants", "shadowProductionVariants") for item in ask.items(key, configuration)]
    if not variants:
        ask.gaps.append(f"{configuration.name} has no variants yet, so its instances are unknown")
    for variant in variants:
        if isinstance(variant, dict):
            yield from _variant(ask, variant, len(variants))


def _variant(ask: Ask, variant: dict[str, Any], of: int) -> Iterator[Charge]:
    name = variant.get("variantName")
    name = name if isinstance(name, str) else "variant"
    if variant.get("serverlessConfig"):
        ask.gaps.append(f"{name}: no price row for serverless inference")
        return
    instance = variant.get("instanceType")
    if not isinstance(instance, str):
        ask.gaps.append(f"{name}: instanceType is {instance!r}, an unknown instance has no price")
        return
    count = _count(ask, variant.get("initialInstanceCount", 1), f"{name}.initialInstanceCount")
    least, most = _bounds(ask, name, of, count)
    hours = ask.usage.instance_hours
    yield from ask.charge("sagemaker", instance, f"{name} {instance}", count * hours, least=least * hours, most=most * hours)
    if gib := _count(ask, variant.get("volumeSizeInGb", 0), f"{name}.volumeSizeInGb", 0.0):
        yield from ask.charge("sagemaker", "storage", f"{name} volume", gib * count, least=gib * least, most=gib * most)


def _bounds(ask: Ask, variant: str, of: int, count: float) -> tuple[float, float]:
    """(least, most) instances of a variant from its autoscaling target; the count itself without one."""
    for target in ask.links.siblings(ask.view, TARGET) or ask.links.of(TARGET):
        if target.get("scalableDimension") == INSTANCE_COUNT and _scales(target, ask.view, variant, of):
            least = ask.number("minCapacity", count, target)
            return min(least, count), max(ask.number("maxCapacity", count, target), count)
    return count, count


def _scales(target: ResourceView, endpoint: ResourceView, variant: str, of: int) -> bool:
    resource = target.get("resourceId")
    if isinstance(resource, str):
        names = {endpoint.name, endpoint.id, endpoint.get("name"), endpoint.outputs.get("name")}
        return any(resource == f"endpoint/{name}/variant/{variant}" for name in names if isinstance(name, str))
    # Its id names the endpoint, unknown until up: a sibling that is for the only variant, or that names this one.
    return target.parent == endpoint.parent and (of == 1 or variant.lower() in target.name.lower())


def _notebook(ask: Ask) -> Iterator[Charge]:
    instance = ask.view.get("instanceType")
    if not isinstance(instance, str):
        ask.gaps.append(f"instanceType is {instance!r}, an unknown instance has no price")
        return
    yield from ask.charge("sagemaker", instance, instance, ask.usage.instance_hours)
    yield from ask.charge("sagemaker", "storage", "volume", ask.number("volumeSize", 5))


def _domain(ask: Ask) -> Iterator[Charge]:
    ask.note("a domain is free, the apps that people start in it are not")
    yield from ()


def _count(ask: Ask, value: Any, what: str, default: float = 1.0) -> float:
    if isinstance(value, Secret):
        value = value.value
    if value is UNKNOWN:
        ask.note(f"{what} unknown until up, {default:g} assumed")
        return default
    return default if value is None else ask.as_number(value, what, default)


ROWS: Final = (
    Row(type="aws:sagemaker/endpoint:Endpoint", charges=_endpoint),
    Row(type="aws:sagemaker/notebookInstance:NotebookInstance", charges=_notebook),
    Row(type="aws:sagemaker/domain:Domain", charges=_domain),
)
