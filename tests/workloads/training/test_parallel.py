"""However a decoder is cut over processes, its loss at every step is that of one process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.workloads import gang
from tests.workloads.training import tiny
from tests.workloads.training.tiny import Outcome
from workloads.training.distributed import Place

# Largest relative difference of every step's loss and of the test split's. Sums in another order differ in their last bits
# (float32 has 6e-8), and the steps of AdamW carry that on. Seen: 2e-7. A missing row or a gradient counted twice makes 1e-3.
TOLERANCE = 1e-5
# Largest absolute difference, of weights of about 0.02 after steps of 0.01. Seen: 6e-6.
WEIGHT_TOLERANCE = 1e-4
# A decoder that is cut over processes costs CPU for each layer of each step: two layers (one first, one last) and four steps show
# every difference that this file looks for.
SHALLOW = replace(tiny.SIZES, layers=2)
SHORT = {"batch_size": 32, "max_steps": 4, "warmup_steps": 2, "learning_rate": 0.02}
# A pipeline's model is deeper: two layers for each of two stages, or one for each of four.
DEEP = tiny.SIZES
ON_TWO: Mapping[str, Mapping[str, Any]] = {
    "DDP": {},
    "DDP, accumulated": {"accumulation": 2},
    "FSDP2": {"shard": 2},
    "FSDP2, accumulated": {"shard": 2, "accumulation": 4},
    "FSDP2, recomputed": {"shard": 2, "activation_checkpointing": True},
    "tensor": {"tensor": 2},
    "pipeline": {"pipeline": 2, "sizes": DEEP},
    "pipeline of four microbatches": {"pipeline": 2, "pipeline_microbatches": 4, "sizes": DEEP},
}
ON_FOUR: Mapping[str, Mapping[str, Any]] = {
    "HSDP": {"shard": 2, "replicate": 2},
    "FSDP2 x tensor": {"shard": 2, "tensor": 2},
    "replicas x tensor": {"replicate": 2, "tensor": 2},
    "pipeline x replicas": {"pipeline": 2, "sizes": DEEP},
    "pipeline x FSDP2": {"pipeline": 2, "shard": 2, "pipeline_microbatches": 4, "sizes": DEEP},
    "pipeline x tensor": {"pipeline": 2, "tensor": 2},
    "four stages": {"pipeline": 4, "sizes": DEEP},
}


def train(place: Place, corpus: Path, **values: Any) -> Outcome:
    return tiny.train(place, corpus, **{"sizes": SHALLOW, **SHORT, **values})


@pytest.fixture(scope="module")
def alone(corpus: Path) -> Outcome:
    return train(tiny.ALONE, corpus)


@pytest.fixture(scope="module")
def deep_alone(corpus: Path) -> Outcome:
    return train(tiny.ALONE, corpus, sizes=DEEP)


@pytest.fixture(scope="module")
def on_two(corpus: Path) -> list[dict[str, Outcome]]:
    return gang.run(2, each, corpus, ON_TWO)


@pytest.fixture(scope="module")
def on_four(corpus: Path) -> list[dict[str, Outcome]]:
    return gang.run(4, each, corpus, ON_FOUR, timeout=280)


def each(place: Place, corpus: Path, cases: Mapping[str, Mapping[str, Any]]) -> dict[str, Outcome]:
    return {name: train(place, corpus, **values) for name, values in cases.items()}


def assert_same(ranks: list[dict[str, Outcome]], case: str, alone: Outcome) -> None:
    for rank, outcomes in enumerate(ranks):
        assert outcomes[case].losses == pytest.approx(alone.losses, rel=TOLERANCE), f"rank {rank}"
        assert outcomes[case].metrics == pytest.approx(alone.metrics, rel=TOLERANCE), f"rank {rank}"
    whole = ranks[0][case].weights
    assert whole.keys() == alone.weights.keys()
    for name, weights in alone.weights.items():
        assert whole[name] == pytest.approx(weights, abs=WEIGHT_TOLERANCE), name


def test_the_run_on_one_process_learns(alone: Outcome) -> None:
    assert len(alone.losses) == SHORT["max_steps"]
    assert alone.losses[-1] < alone.losses[0] - 1, "equal curves of runs that learn nothing would show little"


@pytest.mark.parametrize("case", ON_TWO)
def test_two_processes_learn_as_one(on_two: list[dict[str, Outcome]], alone: Outcome, deep_alone: Outcome, case: str) -> None:
    assert_same(on_two, case, deep_alone if "sizes" in ON_TWO[case] else alone)


@pytest.mark.parametrize("case", ON_FOUR)
def test_four_processes_learn_as_one(on_four: list[dict[str, Outcome]], alone: Outcome, deep_alone: Outcome, case: str) -> None:
    assert_same(on_four, case, deep_alone if "sizes" in ON_FOUR[case] else alone)


def test_a_batch_in_parts_is_the_same_batch(corpus: Path, alone: Outcome) -> None:
    assert train(tiny.ALONE, corpus, accumulation=4).losses == pytest.approx(alone.losses, rel=TOLERANCE)


def test_activations_computed_again_change_nothing(corpus: Path, alone: Outcome) -> None:
    assert train(tiny.ALONE, corpus, activation_checkpointing=True).losses == alone.losses


def test_clipping_is_in_the_comparison(corpus: Path, alone: Outcome) -> None:
    free = train(tiny.ALONE, corpus, clip_norm=0)
    assert free.losses[0] == alone.losses[0]
    assert free.losses[2:] != pytest.approx(alone.losses[2:], rel=TOLERANCE)


def test_another_seed_is_another_run(corpus: Path, alone: Outcome) -> None:
    assert train(tiny.ALONE, corpus, seed=1).losses != pytest.approx(alone.losses, rel=TOLERANCE)
