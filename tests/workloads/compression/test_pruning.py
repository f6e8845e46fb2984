"""Pruning takes what matters least, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.workloads.compression.conftest import DECODER
from tests.workloads.conftest import Trained
from workloads import artifact, models
from workloads.compression import pruning
from workloads.errors import HyperparameterError


def drawn(architecture: dict[str, object]) -> nn.Module:
    model = models.build(architecture)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            model.draw(name, weight, generator)  # type: ignore[operator]
    return model.eval()


def test_the_smallest_weights_of_all_layers_together_become_zero(trained: Trained) -> None:
    model = artifact.load(trained.model).model
    layers = [layer for layer in model.modules() if isinstance(layer, (nn.Linear, nn.Conv2d))]
    before = torch.cat([layer.weight.detach().flatten() for layer in layers])
    others = [layer.bias.detach().clone() for layer in layers if layer.bias is not None]
    pruning.zero_smallest(model, 0.4)
    after = torch.cat([layer.weight.detach().flatten() for layer in layers])
    gone = after == 0
    assert gone.float().mean().item() == pytest.approx(0.4, abs=1e-4)
    assert before[gone].abs().max() <= before[~gone].abs().min(), "layer by layer would take larger ones of some"
    assert torch.equal(before[~gone], after[~gone])
    assert all(torch.equal(bias, layer.bias) for bias, layer in zip(others, layers, strict=True) if layer.bias is not None)
    assert not any("weight_orig" in name for name, _ in model.named_parameters()), "no mask is left"


def test_neurons_that_do_nothing_can_go_without_a_trace() -> None:
    model = drawn(DECODER)
    idle = torch.arange(64) % 2 == 1
    with torch.no_grad():
        for block in model.blocks.values():  # type: ignore[operator]
            block.feed_forward.down.weight[:, idle] = 0.0
    tokens = torch.randint(0, 257, (3, 16), generator=torch.Generator().manual_seed(0))
    smaller = pruning.fewer_neurons(model, 0.5)
    assert smaller.architecture() == {**model.architecture(), "feed_forward": 32}  # type: ignore[operator]
    assert sum(weight.numel() for weight in smaller.parameters()) < sum(weight.numel() for weight in model.parameters())
    torch.testing.assert_close(smaller(tokens), model(tokens), rtol=1e-4, atol=1e-6)


def test_channels_that_repeat_another_can_go_without_a_trace() -> None:
    """Removing one of two equal channels changes no mean and no variance, so the answers must stay as they were."""
    model = drawn({"name": "digits-cnn", "width": 8})
    layers = [layer for layer in model.modules() if isinstance(layer, (nn.Conv2d, nn.GroupNorm, nn.Linear))]
    first, first_norm, second, second_norm, third, last = layers
    with torch.no_grad():
        for layer in (first, first_norm, second, second_norm, third):
            layer.weight[1::2] = layer.weight[0::2]
            layer.bias[1::2] = layer.bias[0::2]  # type: ignore[index]
        second.weight[:, 1::2] = 0.0
        third.weight[:, 1::2] = 0.0
        last.weight.view(10, 16, 4)[:, 1::2] = 0.0
    pixels = torch.rand(5, 64, generator=torch.Generator().manual_seed(0)) * 16
    smaller = pruning.fewer_channels(model, 0.5)
    assert smaller.architecture() == {"name": "digits-cnn", "width": 4}  # type: ignore[operator]
    torch.testing.assert_close(smaller(pixels), model(pixels), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("sparsity", "says"), [(0.01, "leaves 8 of the model's width, 8"), (0.9, "give a sparsity from 0.5 to 0.5")]
)
def test_a_sparsity_that_leaves_all_or_nothing_is_refused_with_those_that_fit(sparsity: float, says: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        pruning.fewer_channels(drawn({"name": "digits-cnn", "width": 8}), sparsity)
    assert says in str(caught.value)


def test_two_of_every_four_neighbours_are_kept_the_largest() -> None:
    weight = torch.tensor([[1.0, -4.0, 3.0, 2.0, 0.1, 0.0, 0.0, -0.2]])
    assert pruning.two_of_four_mask(weight).tolist() == [[False, True, True, False, True, False, False, True]]


def test_two_of_four_prunes_layers_that_the_kernels_take_and_no_others() -> None:
    model = nn.Sequential(nn.Linear(64, 32), nn.Linear(32, 30))
    layers: list[Any] = list(model)
    before = layers[1].weight.detach().clone()
    pruning.two_of_four(model)
    kept = layers[0].weight.view(-1, 4).count_nonzero(dim=1)
    assert set(kept.tolist()) == {2}
    assert torch.equal(layers[1].weight, before)


def test_pruned_shapes_are_those_the_description_names(decoder: Path) -> None:
    smaller = pruning.fewer_neurons(artifact.load(decoder).model, 0.25)
    again = models.build(smaller.architecture())  # type: ignore[operator]
    again.load_state_dict(smaller.state_dict())
