"""The tasks, by name. Imports no PyTorch until one is opened."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from workloads.errors import ModelError
from workloads.training.settings import TrainerSettings
from workloads.training.settings_tasks import DigitsSettings, LanguageSettings

if TYPE_CHECKING:
    from workloads.artifact import Artifact
    from workloads.training.tasks.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """A task's settings and where it is; `open` imports it."""

    settings: type[TrainerSettings]
    module: str
    kind: str
    meaning: str

    def open(self) -> Task[Any]:
        task: Task[Any] = getattr(importlib.import_module(self.module), self.kind)()
        return task


TASKS: Final[Mapping[str, TaskRow]] = MappingProxyType(
    {
        "digits": TaskRow(
            settings=DigitsSettings,
            module="workloads.training.tasks.digits",
            kind="DigitsTask",
            meaning="tell handwritten digits apart (8 x 8 images in Parquet)",
        ),
        "language": TaskRow(
            settings=LanguageSettings,
            module="workloads.training.tasks.language",
            kind="LanguageTask",
            meaning="predict the next token of a text (a decoder of 1 million to 8 billion weights)",
        ),
    }
)


def evaluate(artifact: Artifact, data: str, *, max_rows: int = 0) -> dict[str, float]:
    """How good a trained model is on the test split of `data`: the split's own folder or address, or the data set's.

    {"test_accuracy", "test_loss"} for digits; {"test_loss", "test_perplexity", "test_bits_per_byte"} for language. `max_rows`
    stops after so many (0: all). Runs where the model's weights are. Raises `DataError`, or `ModelError` for an unknown task.
    """
    if artifact.task not in TASKS:
        raise ModelError(f"the model is of task {artifact.task!r}; this image has {', '.join(TASKS)}")
    return TASKS[artifact.task].open().evaluate(artifact, data, max_rows=max_rows)
