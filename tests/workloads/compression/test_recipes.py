"""The recipes and settings that can be asked for, and the error for each wrong one."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch

from workloads import models
from workloads.compression import formats, job, recipes
from workloads.compression.settings import CompressionSettings
from workloads.errors import HyperparameterError


def test_every_step_has_code_and_names_architectures_that_there_are() -> None:
    assert set(job.DO) == set(recipes.BY_NAME)
    for step in recipes.STEPS:
        assert step.architectures <= set(models.ARCHITECTURES), step.name
        assert step.needs in ("", *recipes.BY_NAME), step.name


def test_steps_are_done_in_the_order_they_are_named() -> None:
    assert [step.name for step in recipes.parse("prune-neurons+bf16+int8-weight-only")] == [
        "prune-neurons",
        "bf16",
        "int8-weight-only",
    ]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"recipe": "int8-weightonly"}, "'int8-weightonly' is no step; did you mean int8-weight-only?"),
        ({"recipe": "magic"}, "known ones are prune-magnitude, "),
        ({"recipe": "int8-dynamic+prune-magnitude"}, "prune-magnitude cannot follow int8-dynamic: remove first, quantise once"),
        ({"recipe": "int8-dynamic+int8-weight-only"}, "int8-weight-only cannot follow int8-dynamic"),
        ({"recipe": "bf16+bf16"}, "bf16 cannot follow bf16"),
        ({"recipe": "int4-weight-only"}, "int4-weight-only compute in 16 bits; add bf16: bf16+int4-weight-only"),
        ({"recipe": "prune-2-4"}, "add bf16: prune-2-4+bf16"),
        ({"recipe": "prune-magnitude", "sparsity": 1.5}, "sparsity is 1.5; it must be a number from 0 to 0.99"),
        ({"recipe": "bf16", "min_speedup": -1}, "min_speedup is -1; it must be a number from 0 to 1000"),
        ({"recipe": "bf16", "batch_sizes": "1,x"}, "batch_sizes is '1,x'; it must be whole numbers from 1 to 4096"),
        ({"recipe": "bf16", "batch_sizes": 0}, "batch_sizes is '0'"),
        ({"recipe": "bf16", "rounds": 1}, "rounds is 1; it must be a whole number from 4 to 1000"),
        ({"recipe": "bf16", "runtime": "fast"}, "runtime is 'fast'; choose one of eager, compiled"),
        ({"recipe": "bf16", "sparcity": 0.3}, "did you mean sparsity?"),
        ({"export": "onx"}, "export names 'onx'; did you mean onnx?"),
        ({"export": "onnx,onnx"}, "export names onnx twice"),
        ({}, "recipe and export are both empty; name a recipe (prune-magnitude, "),
    ],
)
def test_a_wrong_wish_is_named_with_its_way_out(values: dict[str, Any], says: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        CompressionSettings.from_mapping(values)
    assert says in str(caught.value)


def test_every_fault_of_the_settings_is_named_at_once() -> None:
    with pytest.raises(HyperparameterError) as caught:
        CompressionSettings.from_mapping({"recipe": "magic", "export": "tape", "batch_sizes": "none"})
    assert all(word in str(caught.value) for word in ("'magic'", "'tape'", "'none'"))


def test_texts_may_come_as_numbers_and_lists_as_json_gives_them() -> None:
    settings = CompressionSettings.from_mapping({"export": ["onnx", "torch-export"], "batch_sizes": 8})
    assert [item.name for item in settings.formats] == ["onnx", "torch-export"]
    assert settings.rows == (8,)


def test_a_recipe_for_a_gpu_is_refused_on_a_cpu_with_one_that_runs_there() -> None:
    steps = recipes.parse("prune-2-4+bf16+int4-weight-only")
    with pytest.raises(HyperparameterError) as caught:
        recipes.check(steps, "decoder", torch.device("cpu"))
    said = str(caught.value)
    assert (
        "prune-2-4 needs a CUDA GPU and this run computes on cpu; run the job on a GPU instance, or take prune-magnitude" in said
    )
    assert "int4-weight-only needs a CUDA GPU" in said
    assert "or take int8-weight-only" in said


def test_a_recipe_for_another_architecture_is_refused_with_those_that_fit() -> None:
    with pytest.raises(HyperparameterError) as caught:
        recipes.check(recipes.parse("prune-neurons"), "digits-cnn", torch.device("cpu"))
    assert "prune-neurons is not for architecture 'digits-cnn'; for it there are prune-magnitude, prune-channels" in str(
        caught.value
    )


def test_an_export_without_its_compiler_or_library_is_refused_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CXX", "")
    with pytest.raises(ValueError, match=r"aot-inductor compiles C\+\+, and this machine has no 'g\+\+'; install g\+\+"):
        formats.BY_NAME["aot-inductor"].check()
    formats.BY_NAME["torch-export"].check()
    strange = dataclasses.replace(formats.BY_NAME["onnx"], modules=("onnx", "no_such_library"))
    with pytest.raises(ValueError, match="export onnx needs no_such_library, which this image does not have"):
        strange.check()
