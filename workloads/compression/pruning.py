"""Fewer weights: some become zero, or whole channels and neurons go and the architecture is smaller.

Zeroing weights changes the model in place; removing channels or neurons gives a new one.
"""

from __future__ import annotations

import torch
from torch import nn

from workloads.errors import HyperparameterError
from workloads.models import build
from workloads.models.digits_net import GROUPS

# A feed-forward layer keeps a multiple of this many neurons: vector units and tensor cores work in such portions.
NEURONS_MULTIPLE = 8


def zero_smallest(model: nn.Module, sparsity: float) -> nn.Module:
    """The share `sparsity` of all weights of linear and convolution layers, the smallest of all layers together, becomes zero.

    Biases, norms and embeddings are few or looked up, and stay.
    """
    from torch.nn.utils import prune

    weights = [(module, "weight") for module in model.modules() if isinstance(module, (nn.Linear, nn.Conv2d))]
    prune.global_unstructured(weights, pruning_method=prune.L1Unstructured, amount=sparsity)
    for module, name in weights:
        prune.remove(module, name)  # type: ignore[no-untyped-call]  # the mask becomes zeros
    return model


def two_of_four(model: nn.Module) -> nn.Module:
    """Of every four neighbouring weights of a linear layer the two smallest become zero."""
    for layer in _sparse_layers(model):
        with torch.no_grad():
            layer.weight.mul_(two_of_four_mask(layer.weight))
    return model


def use_sparse_kernels(model: nn.Module) -> None:
    """Hold 2:4 weights of 16 bits as sparse tensors, which tensor cores multiply faster. CUDA only, for the model in memory."""
    from torch.sparse import to_sparse_semi_structured

    for layer in _sparse_layers(model):
        layer.weight = nn.Parameter(to_sparse_semi_structured(layer.weight.detach()), requires_grad=False)


def two_of_four_mask(weight: torch.Tensor) -> torch.Tensor:
    """True for the two largest of every four neighbours in a row. (outputs, inputs), inputs a multiple of 4."""
    fours = weight.abs().view(-1, 4)
    return torch.zeros_like(fours, dtype=torch.bool).scatter_(1, fours.topk(2, dim=1).indices, True).view_as(weight)


def _sparse_layers(model: nn.Module) -> list[nn.Linear]:
    # The kernels' least shape in 16 bits: PyTorch's SparseSemiStructuredTensor, `_DTYPE_SHAPE_CONSTRAINTS`.
    linears = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    return [layer for layer in linears if layer.in_features % 64 == 0 and layer.out_features % 32 == 0]


def fewer_channels(model: nn.Module, sparsity: float) -> nn.Module:
    """A new digits net without the share `sparsity` of every layer's channels.

    A channel matters as much as the length of its filter times the length of what reads it.
    """
    architecture = _architecture(model)
    width = _rounded(architecture["width"], sparsity, GROUPS, "width")
    layers = [layer for layer in model.modules() if isinstance(layer, (nn.Conv2d, nn.GroupNorm, nn.Linear))]
    first, first_norm, second, second_norm, third, last = (layer.state_dict() for layer in layers)
    cells = last["weight"].shape[1] // third["weight"].shape[0]  # pixels that the last layer sees of each channel
    # Every group of a norm keeps the same number of channels, else channels would change their group.
    kept_first = _strongest(_reach(first["weight"]) * _reach(second["weight"], of_inputs=True), width, GROUPS)
    kept_second = _strongest(_reach(second["weight"]) * _reach(third["weight"], of_inputs=True), 2 * width, GROUPS)
    read = last["weight"].view(last["weight"].shape[0], -1, cells)
    kept_third = _strongest(_reach(third["weight"]) * _reach(read, of_inputs=True), 2 * width, 1)
    parts = (
        {"weight": first["weight"][kept_first], "bias": first["bias"][kept_first]},
        {name: tensor[kept_first] for name, tensor in first_norm.items()},
        {"weight": second["weight"][kept_second][:, kept_first], "bias": second["bias"][kept_second]},
        {name: tensor[kept_second] for name, tensor in second_norm.items()},
        {"weight": third["weight"][kept_third][:, kept_second], "bias": third["bias"][kept_third]},
        {"weight": read[:, kept_third].flatten(1), "bias": last["bias"]},
    )
    pruned = build({**architecture, "width": width})
    targets = [layer for layer in pruned.modules() if isinstance(layer, (nn.Conv2d, nn.GroupNorm, nn.Linear))]
    for target, part in zip(targets, parts, strict=True):
        target.load_state_dict({name: tensor.clone() for name, tensor in part.items()})
    return pruned


def fewer_neurons(model: nn.Module, sparsity: float) -> nn.Module:
    """A new decoder without the share `sparsity` of every block's feed-forward neurons.

    A neuron matters as much as the product of the lengths of its three vectors.
    """
    architecture = _architecture(model)
    neurons = _rounded(architecture["feed_forward"], sparsity, NEURONS_MULTIPLE, "feed_forward")
    state = dict(model.state_dict())
    for block in range(architecture["layers"]):
        gate, up, down = (f"blocks.{block}.feed_forward.{name}.weight" for name in ("gate", "up", "down"))
        weight = _reach(state[gate]) * _reach(state[up]) * _reach(state[down], of_inputs=True)
        kept = _strongest(weight, neurons, 1)
        state |= {gate: state[gate][kept].clone(), up: state[up][kept].clone(), down: state[down][:, kept].clone()}
    pruned = build({**architecture, "feed_forward": neurons})
    pruned.load_state_dict(state)
    return pruned


def _architecture(model: nn.Module) -> dict[str, int]:
    architecture: dict[str, int] = model.architecture()  # type: ignore[operator]
    return architecture


def _rounded(whole: int, sparsity: float, multiple: int, what: str) -> int:
    left = round(whole * (1.0 - sparsity) / multiple) * multiple
    if not 0 < left < whole:
        least, most = multiple / whole, 1.0 - multiple / whole
        way_out = f"give a sparsity from {least:.3g} to {most:.3g}" if least <= most else "take another recipe for it"
        raise HyperparameterError(
            f"sparsity is {sparsity:g}, which leaves {left} of the model's {what}, {whole} (a multiple of {multiple}); {way_out}"
        )
    return left


def _reach(weight: torch.Tensor, *, of_inputs: bool = False) -> torch.Tensor:
    """The length of each output's weight vector, or of the weights that read each input."""
    rows = weight.transpose(0, 1) if of_inputs else weight
    lengths: torch.Tensor = torch.linalg.vector_norm(rows.flatten(1).float(), dim=1)
    return lengths


def _strongest(weight: torch.Tensor, kept: int, groups: int) -> torch.Tensor:
    """The places of the `kept` largest values, equally many in each of `groups` runs, in their old order."""
    runs = weight.view(groups, -1)
    offsets = torch.arange(groups)[:, None] * runs.shape[1]
    return (runs.topk(kept // groups, dim=1).indices.sort(dim=1).values + offsets.to(weight.device)).flatten()
