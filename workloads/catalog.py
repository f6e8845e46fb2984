"""The workloads that hyperparameter `workload` can name, a row each. No workload is imported: a launcher need not wait."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from workloads.settings import Settings

DEFAULT_WORKLOAD: Final = "digits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """`python -m <module> <arguments>` runs it; without further arguments it reads the container contract.

    `settings`, `module:class`, are what its hyperparameters are held against before a job is paid for. Empty where only PyTorch
    could tell, which takes seconds to import. `imports` are packages that every run of it needs beside PyTorch.
    """

    module: str
    arguments: tuple[str, ...] = ()
    meaning: str
    settings: str = ""
    imports: tuple[str, ...] = ()


WORKLOADS: Final[Mapping[str, Workload]] = MappingProxyType(
    {
        "digits": Workload(
            module="workloads.training",
            arguments=("digits",),
            meaning="train the digits classifier",
            settings="workloads.training.settings_tasks:DigitsSettings",
        ),
        "language": Workload(
            module="workloads.training",
            arguments=("language",),
            meaning="train a decoder language model",
            settings="workloads.training.settings_tasks:LanguageSettings",
        ),
        "corpus": Workload(
            module="workloads.data.prepare",
            meaning="make a corpus of token shards from text",
            settings="workloads.data.prepare_settings:CorpusSettings",
        ),
        "compress": Workload(
            module="workloads.compression",
            meaning="prune, quantise and export a trained model, behind a gate",
            imports=("torchao", "onnxruntime", "executorch"),
        ),
        "evaluate": Workload(module="workloads.evaluation", meaning="measure a trained model on held-out data"),
    }
)


def absent_packages(workload: str, hyperparameters: Mapping[str, Any]) -> tuple[str, ...]:
    """The packages that a run imports and that are not installed here; requirements/compression.txt has them all."""
    wanted = list(WORKLOADS[workload].imports) if workload in WORKLOADS else []
    if str(hyperparameters.get("lora_rank", 0)) != "0":
        wanted.append("peft")
    if hyperparameters.get("precision") == "float8":
        wanted.append("torchao")
    return tuple(name for name in wanted if importlib.util.find_spec(name) is None)


def settings_class(workload: str) -> type[Settings] | None:
    """The class of a workload's settings; None for a workload that names none, or that is not known."""
    where = WORKLOADS[workload].settings if workload in WORKLOADS else ""
    if not where:
        return None
    module, _, name = where.partition(":")
    found: type[Settings] = getattr(importlib.import_module(module), name)
    return found


def hyperparameter_faults(workload: str, hyperparameters: Mapping[str, Any]) -> str:
    """The faults that a workload's settings find in hyperparameters (values, or the text that SageMaker passes); "" for none."""
    from workloads.contract import parse_hyperparameter
    from workloads.errors import HyperparameterError

    settings = settings_class(workload)
    if settings is None:
        return ""
    try:
        settings.from_mapping({key: parse_hyperparameter(value) for key, value in hyperparameters.items()})
    except HyperparameterError as error:
        return str(error)
    return ""
