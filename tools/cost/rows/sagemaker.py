"""SageMaker endpoints and notebooks. Training jobs are in `training`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from catalog.types import sagemaker
from tools.cost.bill import Ask, Charge, Row
from tools.plan.reader import Block
from tools.plan.relations import ENDPOINT_VARIANTS, configuration_of, scaling_of
from tools.plan.view import UNKNOWN


def _endpoint(ask: Ask) -> Iterator[Charge]:
    configuration = configuration_of(ask.links, ask.view).best
    if configuration is None:
        ask.gaps.append("its endpoint configuration is not in the plan, so its instances are unknown")
        return
    if ask.block.value("endpointConfigName", unknown=UNKNOWN) is UNKNOWN:
        ask.note(f"endpointConfigName unknown until up, {configuration.name} taken")
    block = Block.of(configuration)
    variants = [item for key in ENDPOINT_VARIANTS for item in ask.items(key, block)]
    if not variants:
        ask.gaps.append(f"{configuration.name} has no variants yet, so its instances are unknown")
    for variant in variants:
        yield from _variant(ask, variant, len(variants))


def _variant(ask: Ask, variant: Block, of: int) -> Iterator[Charge]:
    name = variant.text("variantName", unknown="") or "variant"
    if variant.given("serverlessConfig"):
        ask.gaps.append(f"{name}: no price row for serverless inference")
        return
    instance = variant.text("instanceType", unknown="")
    if not instance:
        given = variant.value("instanceType", unknown=UNKNOWN)
        ask.gaps.append(f"{name}: instanceType is {given!r}, an unknown instance has no price")
        return
    count = ask.number("initialInstanceCount", 1, variant, called=f"{name}.initialInstanceCount")
    least, most = _bounds(ask, name, of, count)
    hours = ask.usage.instance_hours
    yield from ask.charge("sagemaker", instance, f"{name} {instance}", count * hours, least=least * hours, most=most * hours)
    if gib := ask.number("volumeSizeInGb", 0.0, variant, called=f"{name}.volumeSizeInGb"):
        yield from ask.charge("sagemaker", "storage", f"{name} volume", gib * count, least=gib * least, most=gib * most)


def _bounds(ask: Ask, variant: str, of: int, count: float) -> tuple[float, float]:
    """(least, most) instances of a variant by its autoscaling target; (count, count) for a variant without one."""
    target = scaling_of(ask.links, ask.view, variant, of)
    if target is None:
        return count, count
    block = Block.of(target)
    return min(ask.number("minCapacity", count, block), count), max(ask.number("maxCapacity", count, block), count)


def _notebook(ask: Ask) -> Iterator[Charge]:
    instance = ask.block.text("instanceType", unknown="")
    if not instance:
        given = ask.block.value("instanceType", unknown=UNKNOWN)
        ask.gaps.append(f"instanceType is {given!r}, an unknown instance has no price")
        return
    yield from ask.charge("sagemaker", instance, instance, ask.usage.instance_hours)
    yield from ask.charge("sagemaker", "storage", "volume", ask.number("volumeSize", 5))


def _domain(ask: Ask) -> Iterator[Charge]:
    ask.note("a domain is free, the apps that people start in it are not")
    yield from ()


ROWS: Final = (
    Row(card=sagemaker.ENDPOINT, charges=_endpoint),
    Row(card=sagemaker.NOTEBOOK_INSTANCE, charges=_notebook),
    Row(card=sagemaker.DOMAIN, charges=_domain),
)
