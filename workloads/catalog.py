"""The workloads that hyperparameter `workload` can name, one row each: how one is run, what it reads and what it leaves.

No workload is imported here, so that a launcher and a stack file are read without paying for PyTorch.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from workloads.settings import Settings

DEFAULT_WORKLOAD: Final = "digits"
# What workloads/images builds: one image runs jobs, the other answers for endpoints.
IMAGES: Final = ("training", "serving")


class Reads(StrEnum):
    """What a workload learns from: tables of the lake, token shards that a corpus job made, either, or nothing of the lake."""

    DATASET = "dataset"
    CORPUS = "corpus"
    EITHER = "either"
    NOTHING = "nothing"


class Leaves(StrEnum):
    """What a workload is run for: a model, a corpus in the curated bucket, or numbers only."""

    MODEL = "model"
    CORPUS = "corpus"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """`python -m <module> <arguments>` runs the workload; without further arguments it reads the container contract.

    `settings`, as `module:class`, names the settings that hyperparameters are held against before a job is paid for. It is empty
    where only PyTorch could judge them, which takes seconds to import.
    `imports` are packages that every run needs beside PyTorch.
    """

    module: str
    arguments: tuple[str, ...] = ()
    meaning: str
    settings: str = ""
    imports: tuple[str, ...] = ()
    reads: Reads = Reads.DATASET
    leaves: Leaves = Leaves.MODEL


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
            reads=Reads.CORPUS,
        ),
        "corpus": Workload(
            module="workloads.data.prepare",
            meaning="make a corpus of token shards from text",
            settings="workloads.data.prepare_settings:CorpusSettings",
            reads=Reads.NOTHING,
            leaves=Leaves.CORPUS,
        ),
        "compress": Workload(
            module="workloads.compression",
            meaning="prune, quantise and export a trained model, behind a gate",
            reads=Reads.EITHER,
            imports=("torchao", "onnxruntime", "executorch"),
        ),
        "evaluate": Workload(
            module="workloads.evaluation",
            meaning="measure a trained model on held-out data",
            reads=Reads.EITHER,
            leaves=Leaves.METRICS,
        ),
    }
)
# An image of one's own may hold further workloads: each reads the dataset of its own name and leaves a model.
UNLISTED: Final = Workload(module="", meaning="a workload that only the image knows")


def workload_named(name: str) -> Workload:
    """The row of a workload; `UNLISTED` for one that has none."""
    return WORKLOADS.get(name, UNLISTED)


def absent_packages(workload: str, hyperparameters: Mapping[str, Any]) -> tuple[str, ...]:
    """The packages that a run imports and that are not installed here; requirements/compression.txt has them all."""
    wanted = list(workload_named(workload).imports)
    if str(hyperparameters.get("lora_rank", 0)) != "0":
        wanted.append("peft")
    if hyperparameters.get("precision") == "float8":
        wanted.append("torchao")
    return tuple(name for name in wanted if importlib.util.find_spec(name) is None)


def settings_class(workload: str) -> type[Settings] | None:
    """The settings of a workload, imported; None for one that names none, or that is not known."""
    where = workload_named(workload).settings
    if not where:
        return None
    module, _, name = where.partition(":")
    found: type[Settings] = getattr(importlib.import_module(module), name)
    return found


def hyperparameter_faults(workload: str, hyperparameters: Mapping[str, Any]) -> str:
    """What the workload's settings say against hyperparameters, values or the text that SageMaker passes; "" for nothing."""
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
