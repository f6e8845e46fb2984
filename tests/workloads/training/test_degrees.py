"""Processes are dealt to the degrees of parallelism, or refused where they do not fit. No process is started."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.errors import HyperparameterError
from workloads.models.decoder_config import PRESETS, DecoderConfig
from workloads.training.degrees import Degrees, fitting, resolve
from workloads.training.pipeline_stages import stage_layers
from workloads.training.settings_tasks import DigitsSettings, LanguageSettings

SIZES = DecoderConfig(width=32, layers=4, heads=4, kv_heads=2, feed_forward=64, positions=16)
SMALL = {"batch_size": 16, "sequence_length": 16}


@pytest.mark.parametrize(
    ("values", "processes", "says"),
    [
        ({"shard": 3}, 4, "replicate x shard x tensor x pipeline is 1 x 3 x 1 x 1 = 3, and there are 4 processes; fitting are"),
        ({"shard": 3}, 4, "replicate=4; shard=4;"),
        ({"replicate": 2}, 1, "is 2 x 1 x 1 x 1 = 2, and there is 1 process; fitting are replicate=1"),
        ({"tensor": 4}, 4, "tensor is 4, which does not divide the model's kv_heads (2)"),
        ({"tensor": 3}, 3, "tensor is 3, which does not divide the model's heads (4)"),
        ({"tensor": 2, "sequence_length": 9}, 2, "tensor is 2, which does not divide the model's sequence_length (9)"),
        ({"pipeline": 8}, 8, "pipeline is 8, and the model has 4 layers; a stage needs one at least"),
        (
            {"pipeline": 4, "pipeline_microbatches": 2},
            4,
            "pipeline_microbatches is 2, fewer than the 4 stages; set it to 4",
        ),
        ({"batch_size": 10}, 4, "batch_size is 10, which 4 processes cannot share evenly; make it a multiple of 4, such as 8"),
        (
            {"accumulation": 8},
            4,
            "batch_size is 16, which 4 processes in 8 parts each (accumulation) cannot share evenly; make it a multiple of 32",
        ),
        (
            {"pipeline": 2, "pipeline_microbatches": 3},
            4,
            "2 processes in 3 parts each (pipeline_microbatches) cannot share evenly; make it a multiple of 6, such as 12",
        ),
    ],
)
def test_degrees_that_do_not_fit_are_refused_with_some_that_do(values: dict[str, Any], processes: int, says: str) -> None:
    settings = LanguageSettings.from_mapping({**SMALL, **values})
    with pytest.raises(HyperparameterError) as caught:
        resolve(settings, processes, SIZES, settings.sequence_length)
    assert says in str(caught.value)


def test_every_fault_is_reported_at_once() -> None:
    settings = LanguageSettings.from_mapping({**SMALL, "tensor": 3, "pipeline": 5, "batch_size": 7})
    with pytest.raises(HyperparameterError) as caught:
        resolve(settings, 4, SIZES, settings.sequence_length)
    for part in ("= 15, and there are 4 processes", "the model's heads (4)", "the model has 4 layers", "batch_size is 7"):
        assert part in str(caught.value)


def test_the_digits_model_is_offered_replicas_and_shards_alone() -> None:
    with pytest.raises(HyperparameterError) as caught:
        resolve(DigitsSettings(shard=3), 4, None)
    assert "replicate x shard is 1 x 3 = 3" in str(caught.value)
    assert str(caught.value).partition("fitting are ")[2].split("; batch")[0] == "replicate=4; shard=4; replicate=2 shard=2"


def test_processes_that_no_setting_claims_become_replicas() -> None:
    assert resolve(LanguageSettings(shard=2, tensor=2), 16, PRESETS["1b"], 256) == Degrees(replicate=4, shard=2, tensor=2)


@given(world=st.integers(1, 64), preset=st.sampled_from(sorted(PRESETS)))
def test_every_combination_offered_is_taken_and_uses_every_process(world: int, preset: str) -> None:
    sizes = replace(PRESETS[preset], positions=256)
    for degrees in fitting(world, sizes, 256):
        asked = {name: getattr(degrees, name) for name in ("replicate", "shard", "tensor", "pipeline")}
        settings = LanguageSettings(**asked, batch_size=degrees.data * degrees.pipeline, model=preset)
        assert resolve(settings, world, sizes, 256).world_size == world


@given(replicate=st.integers(1, 4), shard=st.integers(1, 4), tensor=st.sampled_from([1, 2, 4]), pipeline=st.integers(1, 4))
def test_every_rank_has_one_place_and_each_rows_every_layer(replicate: int, shard: int, tensor: int, pipeline: int) -> None:
    degrees = Degrees(replicate=replicate, shard=shard, tensor=tensor, pipeline=pipeline)
    places = Counter((degrees.stage(rank), degrees.data_rank(rank)) for rank in range(degrees.world_size))
    assert set(places) == {(stage, rows) for stage in range(pipeline) for rows in range(degrees.data)}
    assert set(places.values()) == {tensor}, "as many as share a layer"


@given(layers=st.integers(1, 80), stages=st.integers(1, 80))
def test_stages_have_every_layer_once_and_in_order(layers: int, stages: int) -> None:
    dealt = [list(stage_layers(layers, stage, stages)) for stage in range(stages)]
    assert [layer for stage in dealt for layer in stage] == list(range(layers))
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1


@given(data=st.data())
def test_settings_that_do_not_multiply_to_the_world_are_always_refused(data: st.DataObject) -> None:
    world = data.draw(st.integers(1, 16))
    asked: dict[str, Any] = {
        name: data.draw(st.integers(1, 8), label=name) for name in ("replicate", "shard", "tensor", "pipeline")
    }
    product = asked["replicate"] * asked["shard"] * asked["tensor"] * asked["pipeline"]
    settings = LanguageSettings(**asked, batch_size=4096)
    if product == world:
        return
    with pytest.raises(HyperparameterError, match=rf"= {product}, and there (is|are) {world} process.*; fitting are "):
        resolve(settings, world, SIZES, 256)
