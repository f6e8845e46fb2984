"""The facts about an instance type that rules ask for: read from the catalog's table, never guessed from the type's name."""

from __future__ import annotations

from functools import cache

from catalog.instances import SAGEMAKER_PREFIX, instance_table
from tools.plan.reader import Undecided


def is_accelerated(instance_type: str) -> bool:
    """Whether a type has GPUs, Trainium, Inferentia or the like; "" has none. Raises Undecided for one that the table lacks."""
    return _has(instance_type, "accelerators")


def has_local_storage(instance_type: str) -> bool:
    """Whether a type has disks of its own, which the hardware encrypts: SageMaker refuses a volume key for such a type.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html (VolumeKmsKeyId). "" has none. Raises
    Undecided for a type that the table lacks.
    """
    return _has(instance_type, "nvme")


@cache
def is_accelerated_family(family: str) -> bool:
    """Whether a family (`p5`) has accelerated types; a family that the table lacks has none."""
    return any(facts.accelerators > 0 for name, facts in instance_table().items() if name.partition(".")[0] == family)


def _has(instance_type: str, fact: str) -> bool:
    if not instance_type:
        return False
    facts = instance_table().get(instance_type.lower().removeprefix(SAGEMAKER_PREFIX))
    if facts is None:
        raise Undecided("instanceType")
    return bool(getattr(facts, fact))
