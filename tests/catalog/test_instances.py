"""The table of instance types, and the rules and settings that read it."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from catalog.instances import MlType, instance_facts, instance_table
from policies.machines import has_local_storage, is_accelerated, is_accelerated_family
from tools.cost.prices import table
from tools.plan.reader import Undecided


def test_every_type_that_has_a_price_is_in_the_table() -> None:
    priced = {dimension.removeprefix("ml.") for service, dimension, _ in table() if service == "ec2"}
    assert sorted(priced - set(instance_table())) == []


def test_rules_find_local_disks_and_accelerators_as_the_table_has_them() -> None:
    wrong = [
        spelling
        for name, facts in instance_table().items()
        for spelling in (name, f"ml.{name}")
        if has_local_storage(spelling) is not facts.nvme or is_accelerated(spelling) is not (facts.accelerators > 0)
    ]
    assert wrong == []


def test_a_type_that_the_table_lacks_is_undecided_and_an_empty_one_has_neither() -> None:
    for asks in (has_local_storage, is_accelerated):
        assert asks("") is False
        with pytest.raises(Undecided):
            asks("ml.x99.large")


def test_a_family_is_accelerated_where_one_of_its_types_is() -> None:
    assert [name for name in ("p5", "g6", "trn2", "inf2", "i4i", "m7i", "x99") if is_accelerated_family(name)] == [
        "p5",
        "g6",
        "trn2",
        "inf2",
    ]


@pytest.mark.parametrize("name", ["g4ad.xlarge", "g4ad.16xlarge", "dl2q.24xlarge"])
def test_a_type_whose_accelerator_no_image_drives_is_refused_with_the_reason(name: str) -> None:
    why = instance_facts(name).undriven
    assert "which the images for NVIDIA and for Neuron cannot use" in why
    with pytest.raises(ValidationError, match=why):
        TypeAdapter(MlType).validate_python(f"ml.{name}")


def test_the_table_knows_the_maker_of_each_accelerator() -> None:
    made = {
        name: instance_facts(name).maker for name in ("p5.48xlarge", "trn2.48xlarge", "inf1.xlarge", "g4ad.xlarge", "m7i.large")
    }
    assert list(made.values()) == ["NVIDIA", "AWS", "AWS", "AMD", ""]


@pytest.mark.parametrize("name", ["p3.8xlarge", "g5g.xlarge", "trn2u.48xlarge", "inf1.xlarge", "m7i.large"])
def test_images_drive_every_other_accelerator(name: str) -> None:
    assert instance_facts(name).undriven == ""
