"""What hyperparameter `workload` can name: one row each. Imports nothing of them, so that a launcher reads it for free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

DEFAULT_WORKLOAD: Final = "digits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """`python -m <module> <arguments>` runs it; without further arguments it reads the container contract."""

    module: str
    arguments: tuple[str, ...] = ()
    meaning: str


WORKLOADS: Final[Mapping[str, Workload]] = MappingProxyType(
    {
        "digits": Workload(module="workloads.training", arguments=("digits",), meaning="train the digits classifier"),
        "language": Workload(module="workloads.training", arguments=("language",), meaning="train a decoder language model"),
        "corpus": Workload(module="workloads.data.prepare", meaning="make a corpus of token shards from text"),
        "compress": Workload(module="workloads.compression", meaning="prune, quantise and export a trained model, behind a gate"),
        "evaluate": Workload(module="workloads.evaluation", meaning="measure a trained model on held-out data"),
    }
)
