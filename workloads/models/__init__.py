"""The architectures that a description can name. Each is imported when it is built, so that naming one costs nothing."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from workloads.errors import ModelError

if TYPE_CHECKING:
    from torch import nn

# An architecture's name -> the module and name of its class, which is made from its configuration and gives that back with
# `architecture()`.
ARCHITECTURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "digits-cnn": "workloads.models.digits_net:DigitsNet",
        "digits-depthwise": "workloads.models.digits_net:DepthwiseDigitsNet",
        "decoder": "workloads.models.decoder:Decoder",
    }
)


def build(architecture: Mapping[str, Any]) -> nn.Module:
    """The model that `{"name": …, **configuration}` describes, its weights not yet set (see `workloads.training.weights`).

    Raises `ModelError` for a name or a configuration that this package does not know.
    """
    configuration = dict(architecture)
    name = configuration.pop("name", None)
    if name not in ARCHITECTURES:
        raise ModelError(f"architecture {name!r} is unknown; this image has {', '.join(ARCHITECTURES)}")
    module, _, kind = ARCHITECTURES[name].partition(":")
    try:
        model: nn.Module = getattr(importlib.import_module(module), kind).from_configuration(configuration)
    except (TypeError, ValueError) as error:
        raise ModelError(f"architecture {name!r} cannot be made from {configuration}: {error}") from None
    return model
