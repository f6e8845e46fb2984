"""Measures a trained model on held-out data: a job of its own, whose metrics decide whether a version may be approved.

    python -m workloads.evaluation --model FOLDER|model.tar.gz --data URI --out FOLDER

Without arguments it reads the container contract: the model in channel `model`, the data in channel `test` or, as hyperparameter
`data_uri`, elsewhere. It leaves evaluation.json (SageMaker's model-quality form, and under `slipway` plain numbers and what was
measured) in the model's folder and among the outputs, and prints `test_...=...;` for the job's metrics.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from workloads.contract import MODEL_CHANNEL, SDK_PREFIX, TEST_CHANNEL, TrainingContract, parse_hyperparameter
from workloads.errors import EXIT_BAD_INPUT, HyperparameterError, ModelError, WorkloadError, describe

if TYPE_CHECKING:
    from workloads.artifact import Artifact

REPORT: Final = "evaluation.json"
ARCHIVE: Final = "model.tar.gz"
FORMAT_VERSION: Final = 1
# Task -> the family under which AWS's own files have its metrics. AWS names none for language models.
# https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
_FAMILIES: Final[Mapping[str, str]] = {"digits": "multiclass_classification_metrics", "language": "language_model_metrics"}
HYPERPARAMETERS: Final = ("data_uri", "max_rows", "task")
LAUNCHER_KEYS: Final = ("workload", "processes_per_host")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What to measure. `task` is what the model must be for ("": any task); `max_rows` ends early (0: all rows)."""

    model: Path
    data: str
    outputs: tuple[Path, ...]
    max_rows: int = 0
    task: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when the model was measured, 2 for a model or data that cannot be measured."""
    if int(os.environ.get("RANK", "0")):  # one process measures; more would measure the same
        return 0
    try:
        run(read_settings(sys.argv[1:] if arguments is None else arguments))
    except WorkloadError as error:
        print(describe(error), file=sys.stderr, flush=True)
        return EXIT_BAD_INPUT
    return 0


def read_settings(arguments: Sequence[str]) -> Settings:
    """The settings of the command line; of the contract where there are no arguments. Raises `WorkloadError`."""
    if not arguments:
        return from_contract(TrainingContract.from_environment())
    parser = argparse.ArgumentParser(
        prog="python -m workloads.evaluation", description="Measure a trained model on held-out data and write evaluation.json."
    )
    parser.add_argument("--model", type=Path, required=True, help="folder of an artifact (model.json), or its model.tar.gz")
    parser.add_argument("--data", required=True, help="folder or s3:// address that holds the data's `test`")
    parser.add_argument("--out", type=Path, required=True, help="folder for evaluation.json")
    parser.add_argument("--max-rows", type=parse_hyperparameter, default=0, help="end after so many rows; 0: all (default 0)")
    parser.add_argument("--task", default="", help="what the model must be for; empty: whatever it is")
    given = parser.parse_args(arguments)
    return Settings(
        model=given.model, data=given.data, outputs=(given.out,), max_rows=_rows(given.max_rows), task=str(given.task)
    )


def from_contract(contract: TrainingContract) -> Settings:
    """The settings of a job. Raises `ContractError` without a model or data, `HyperparameterError` for an unknown setting."""
    given = {key: value for key, value in contract.hyperparameters.items() if not key.startswith(SDK_PREFIX)}
    unknown = sorted(given.keys() - {*HYPERPARAMETERS, *LAUNCHER_KEYS})
    if unknown:
        raise HyperparameterError(
            f"{', '.join(unknown)}: no hyperparameter of an evaluation, which has {', '.join(HYPERPARAMETERS)}"
        )
    data = str(given.get("data_uri") or "")
    if not data:
        # A task reads a folder that holds `test`: the channels' own.
        data = str(contract.channel(TEST_CHANNEL).parent)
    return Settings(
        model=contract.channel(MODEL_CHANNEL),
        data=data,
        # The model's folder becomes the job's model archive; the outputs' folder becomes what people look at.
        outputs=(contract.model_dir, contract.output_data_dir),
        max_rows=_rows(given.get("max_rows", 0)),
        task=str(given.get("task") or ""),
    )


def run(settings: Settings) -> dict[str, float]:
    """Measures, prints and writes the report; the metrics. Raises `WorkloadError` for a model or data that cannot be measured."""
    from workloads import artifact  # PyTorch takes seconds to import, and a wrong argument should answer at once
    from workloads.training import tasks

    with unpacked(settings.model) as (folder, archive_sha256):
        model = artifact.load(folder)
        if model.task not in tasks.TASKS:
            raise ModelError(f"{settings.model} is for task {model.task!r}; this image measures {', '.join(tasks.TASKS)}.")
        if settings.task and model.task != settings.task:
            raise ModelError(
                f"{settings.model} is for task {model.task!r}, and {settings.task!r} is to be measured. Name that task's model."
            )
        metrics = tasks.evaluate(model, settings.data, max_rows=settings.max_rows)
    broken = [f"{name} is {value}" for name, value in sorted(metrics.items()) if not math.isfinite(value)]
    if broken:
        raise ModelError(f"{settings.model} gives no numbers on {settings.data}: {', '.join(broken)}. Train it again.")
    print(" ".join(f"{name}={value:.6g};" for name, value in sorted(metrics.items())), flush=True)
    write(settings.outputs, report(model, metrics, data=settings.data, archive_sha256=archive_sha256))
    return metrics


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[Path, str]]:
    """The folder with model.json, and the SHA-256 of the archive it came in ("" for a bare folder).

    `path` is such a folder, a model.tar.gz, or a folder that holds one, as channel `model` does. An archive is unpacked into a
    temporary folder, and nothing of it may lie outside that. Raises `ModelError`.
    """
    archive = path / ARCHIVE if path.is_dir() and not (path / "model.json").exists() else path
    if not archive.is_file():
        if path.is_dir():
            yield path, ""  # loading it says what is missing
            return
        raise ModelError(f"{path} is not there. Give the folder of a trained model, or its {ARCHIVE}.")
    with tempfile.TemporaryDirectory(prefix="evaluate-") as folder:
        try:
            with tarfile.open(archive, "r:*") as tar:
                tar.extractall(folder, filter="data")
        except (tarfile.TarError, EOFError, OSError) as error:
            raise ModelError(f"{archive} cannot be unpacked: {error}. Give it as a training job left it.") from None
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        yield Path(folder), digest


def report(model: Artifact, metrics: Mapping[str, float], *, data: str, archive_sha256: str) -> dict[str, Any]:
    """evaluation.json. A metric on held-out data loses its `test_` in AWS's part, as AWS writes it."""
    family = _FAMILIES.get(model.task, f"{model.task}_metrics")
    # One run has no deviation: AWS writes NaN as text.
    shown = {name.removeprefix("test_"): {"value": value, "standard_deviation": "NaN"} for name, value in metrics.items()}
    return {
        "version": 0.0,
        "dataset": {"evaluation_time": datetime.now(UTC).isoformat(timespec="seconds")},
        family: shown,
        "slipway": {
            "format_version": FORMAT_VERSION,
            "task": model.task,
            "metrics": dict(metrics),
            "data": data,
            "weights_sha256": model.description["weights"]["sha256"],
            "archive_sha256": archive_sha256,
        },
    }


def write(folders: Sequence[Path], document: Mapping[str, Any]) -> None:
    """The report into each folder, whole or not at all."""
    text = json.dumps(document, indent=2, sort_keys=True) + "\n"
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{REPORT}.part"
        part.write_text(text, encoding="utf-8")
        os.replace(part, folder / REPORT)


def _rows(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise HyperparameterError(f"max_rows is {value!r}; it must be a whole number, 0 for all rows")
    return value


if __name__ == "__main__":
    sys.exit(main())
