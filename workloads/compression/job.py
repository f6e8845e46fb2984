"""One compression or export job, from the model in to the model out: compress, load back, measure, judge, export, ship.

What is measured is what is shipped: the compressed model is saved, and read again as whoever serves it would.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import nn

from workloads import artifact
from workloads.artifact import Artifact
from workloads.compression import exports, inputs, pruning, quantization, recipes, report, speed
from workloads.compression.formats import FORMATS
from workloads.compression.recipes import Kind, Step
from workloads.compression.report import JUDGES, Measured
from workloads.compression.settings import CompressionSettings
from workloads.contract import count_cpus
from workloads.errors import CompressionError, HyperparameterError, ModelError
from workloads.evaluation import unpacked
from workloads.training import tasks

REPORT, TABLE, EXPORTS = "compression.json", "compression.md", "export.json"
# The name of a step -> the function that does it, which takes a model and `sparsity` and returns a model, perhaps the same one.
DO: Final[Mapping[str, Callable[[nn.Module, float], nn.Module]]] = MappingProxyType(
    {
        "prune-magnitude": pruning.zero_smallest,
        "prune-channels": pruning.fewer_channels,
        "prune-neurons": pruning.fewer_neurons,
        "prune-2-4": lambda model, _: pruning.two_of_four(model),
        "bf16": lambda model, _: quantization.to_bf16(model),
        "int8-weight-only": lambda model, _: quantization.quantize(model, "int8-weight-only"),
        "int8-dynamic": lambda model, _: quantization.quantize(model, "int8-dynamic"),
        "int4-weight-only": lambda model, _: quantization.quantize(model, "int4-weight-only"),
    }
)
# Keys of a description that `artifact.save` writes itself.
_SAVED: Final = ("format_version", "task", "architecture", "metrics", "hyperparameters", "weights")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """`source` is an artifact's folder, its model.tar.gz, or a folder that holds one; `data` has `test`."""

    source: Path
    data: str
    model: Path
    outputs: Path


def run(settings: CompressionSettings, paths: Paths) -> Mapping[str, float]:
    """The whole job. Returns the metrics of the compressed model ({} when it only exported).

    Raises `WorkloadError`; then no model is in `paths.model`, and what was measured is in `paths.outputs` all the same.
    """
    for item in settings.formats:
        item.check()  # before the steps that take minutes
    device = pick_device(settings.device)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or count_cpus()))
    clear(paths)
    paths.outputs.mkdir(parents=True, exist_ok=True)
    with unpacked(paths.source) as (folder, _), tempfile.TemporaryDirectory(prefix="slipway-compress-") as temporary:
        original = artifact.load(folder)
        if original.task not in JUDGES:
            raise ModelError(f"{paths.source} is for task {original.task!r}; models of {', '.join(JUDGES)} can be compressed")
        recipes.check(settings.steps, original.description["architecture"]["name"], device)
        rows = inputs.read(original, paths.data, max(2, *settings.rows))
        made = Path(temporary)
        metrics: Mapping[str, float] = {}
        if settings.steps:
            metrics = compress(original, folder, rows, made, settings, paths, device)
        else:
            ship(folder, made, names=(artifact.WEIGHTS, artifact.TOKENIZER, artifact.DESCRIPTION))
        if settings.formats:
            export(artifact.load(made), rows, made, settings, paths)
        ship(made, paths.model)
    return metrics


def compress(
    original: Artifact,
    folder: Path,
    rows: torch.Tensor,
    made: Path,
    settings: CompressionSettings,
    paths: Paths,
    device: torch.device,
) -> Mapping[str, float]:
    """The compressed artifact in `made`, measured and judged. Raises `CompressionError` when it breaks a limit."""
    model = apply(settings.steps, copy.deepcopy(original.model).to(device), settings.sparsity)
    save(made, model, original, settings)
    if (folder / artifact.TOKENIZER).is_file():
        shutil.copy(folder / artifact.TOKENIZER, made)
    compressed = artifact.load(made)
    original.model.to(device)
    compressed.model.to(device)
    quality = tuple(tasks.evaluate(one, paths.data, max_rows=settings.max_rows) for one in (original, compressed))
    measured = Measured(
        task=original.task,
        size=(
            report.size_of(original.model, folder / original.description["weights"]["file"]),
            report.size_of(compressed.model, made / artifact.WEIGHTS),
        ),
        quality=(quality[0], quality[1]),
        conditions=conditions(settings, device, rows),
        speed=time_both(original.model, compressed.model, rows.to(device), settings),
    )
    found = report.faults(measured, settings)
    document = report.as_dict(measured, settings, found)
    table = report.as_markdown(document)
    for place in (paths.outputs, made):
        write(place / REPORT, json.dumps(document, indent=2, sort_keys=True) + "\n")
        write(place / TABLE, table)
    metrics = measured.metrics()
    print(" ".join(f"{name}={value:.6g};" for name, value in metrics.items()), flush=True)
    if found:
        raise CompressionError(f"recipe {settings.recipe} fails: {'; '.join(found)}. The report is {paths.outputs / REPORT}")
    describe(made, quality[1])
    return metrics


def apply(steps: Sequence[Step], model: nn.Module, sparsity: float) -> nn.Module:
    """The model after every step, in eval mode. `model` may be changed."""
    for step in steps:
        model = DO[step.name](model, sparsity)
    return model.eval()


def save(folder: Path, model: nn.Module, original: Artifact, settings: CompressionSettings) -> None:
    anything: Any = model
    description = original.description
    integers = any(step.kind is Kind.INTEGERS for step in settings.steps)
    artifact.save(
        folder,
        state=model.state_dict(),
        architecture=anything.architecture(),
        task=original.task,
        details={key: value for key, value in description.items() if key not in _SAVED}
        | {
            artifact.COMPRESSION: {
                "recipe": settings.recipe,
                "sparsity": settings.sparsity,
                "tensors": "torchao" if integers else "torch",
                "original": {"sha256": description["weights"]["sha256"], "metrics": description["metrics"]},
            }
        },
        metrics={},
        settings=description["hyperparameters"],
    )


def describe(folder: Path, metrics: Mapping[str, float]) -> None:
    """Write the compressed model's own metrics into its description, now that they are known."""
    description = json.loads((folder / artifact.DESCRIPTION).read_text(encoding="utf-8"))
    write(folder / artifact.DESCRIPTION, json.dumps({**description, "metrics": dict(metrics)}, indent=2, sort_keys=True) + "\n")


def time_both(
    original: nn.Module, compressed: nn.Module, rows: torch.Tensor, settings: CompressionSettings
) -> list[speed.Timing]:
    if any(step.name == "prune-2-4" for step in settings.steps):
        pruning.use_sparse_kernels(compressed)
    models: list[Any] = [original, compressed]
    if settings.runtime == "compiled":
        models = [torch.compile(model) for model in models]
    return speed.compare(models[0], models[1], inputs.batches(rows, settings.rows), rounds=settings.rounds)


def export(source: Artifact, rows: torch.Tensor, made: Path, settings: CompressionSettings, paths: Paths) -> None:
    """Write every format beside the model, and check it. Raises `CompressionError` for one that fails or answers otherwise."""
    batches = [rows, rows[:1]]
    if source.task == "language":
        batches.append(rows[:, : rows.shape[1] // 2].contiguous())  # a shorter text
    exported = exports.export(source.model, settings.formats, batches, made, tolerance=settings.export_tolerance)
    found = exports.faults(exported)
    document = {"format_version": 1, "passed": not found, "faults": found, "exports": exported}
    for place in (paths.outputs, made):
        write(place / EXPORTS, json.dumps(document, indent=2, sort_keys=True) + "\n")
    for item in exported:
        name = item["format"].replace("-", "_")
        worst = max(check["max_relative"] for check in item["checks"])
        print(f"{name}_difference={worst:.3g}; {name}_bytes={item['bytes']};", flush=True)
    if found:
        raise CompressionError(f"{'; '.join(found)}. The figures are in {paths.outputs / EXPORTS}")


def conditions(settings: CompressionSettings, device: torch.device, rows: torch.Tensor) -> dict[str, Any]:
    """The conditions that the figures of speed hold for."""
    return {
        "device": report.device_name(device),
        "threads": torch.get_num_threads(),
        "runtime": settings.runtime,
        "pytorch": torch.__version__,
        "input": "x".join(["rows", *map(str, rows.shape[1:])]),
        "load": round(os.getloadavg()[0], 2),
    }


def pick_device(wanted: str) -> torch.device:
    """The device that setting `device` names. Raises `HyperparameterError` when this machine has none."""
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise HyperparameterError(
            "device is 'cuda', and PyTorch sees no GPU here; set device to auto or cpu, or take a GPU instance"
        )
    return torch.device("cuda" if there and wanted != "cpu" else "cpu")


def clear(paths: Paths) -> None:
    """Remove the model of an earlier run, which must not pass for this one's. Raises `ModelError` for the model to compress."""
    source = paths.source if paths.source.is_dir() else paths.source.parent
    if source.resolve() == paths.model.resolve():
        raise ModelError(f"the model to compress is in {paths.model}, where the result goes; give another folder for one of them")
    ours = (artifact.DESCRIPTION, artifact.WEIGHTS, artifact.TOKENIZER, REPORT, TABLE, EXPORTS)
    for name in (*ours, *(f"{exports.FILE}{item.suffix}" for item in FORMATS)):
        for folder in (paths.model, paths.outputs):
            (folder / name).unlink(missing_ok=True)


def ship(source: Path, target: Path, *, names: Sequence[str] | None = None) -> None:
    """Copy an artifact's files, its description last: with it the model is complete."""
    target.mkdir(parents=True, exist_ok=True)
    found = [name for name in names or sorted(path.name for path in source.iterdir()) if (source / name).is_file()]
    for name in sorted(found, key=lambda name: name == artifact.DESCRIPTION):
        shutil.copy(source / name, target / f"{name}.part")
        os.replace(target / f"{name}.part", target / name)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
