"""Puts a run together from data that is open: the model on its processes, its first weights, the optimizer."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import torch
from torch import nn

from workloads import models
from workloads.models.decoder_config import DecoderConfig
from workloads.training import quick_start, weights
from workloads.training.base_model import BaseModel
from workloads.training.checkpoint import Checkpoints
from workloads.training.degrees import Degrees
from workloads.training.distillation import Objective, load_teacher
from workloads.training.distributed import Place
from workloads.training.parallel import Parallel, prepare
from workloads.training.report import Meter
from workloads.training.settings import TrainerSettings
from workloads.training.sources import Paths, artifact_folder
from workloads.training.tasks.task import Data, Task

# A model of more weights than this is made on the meta device, where it takes no memory, and filled where it is computed.
LARGE: Final = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What stays the same from the first step to the last."""

    task: Task[Any]
    data: Data
    architecture: Mapping[str, Any]  # what the model was built of
    settings: TrainerSettings
    place: Place
    parallel: Parallel
    optimizer: torch.optim.Optimizer
    objective: Objective
    steps: int  # in all
    paths: Paths | None = None  # None: nothing is written
    checkpoints: Checkpoints | None = None
    meter: Meter = field(default_factory=Meter)


def assemble(
    task: Task[Any],
    data: Data,
    settings: TrainerSettings,
    place: Place,
    degrees: Degrees,
    *,
    paths: Paths | None = None,
    base: BaseModel | None = None,
) -> Run:
    """The model on its processes, with its first weights or those of `base`, and the optimizer; the data is open already."""
    if not degrees.cuts_the_model and not settings.compile:
        quick_start.without_compiler()
    be_deterministic(settings.seed, exact=task.exact)
    architecture = data.architecture()
    if base:
        data.require_tokens_of(base.folder)
        architecture = base.architecture(architecture.get("positions", 0))
    model = make(architecture, meta=degrees.cuts_the_model and not settings.lora_rank)
    teacher = None
    if paths and paths.teacher:
        folder = artifact_folder(paths.teacher)
        teacher = load_teacher(folder, task.name, model, place.device)
        data.require_tokens_of(folder)
    objective = Objective(settings, teacher)
    model, fill = with_weights(model, settings, place, base)
    parallel = prepare(model, settings, place, degrees, fill=fill, loss=objective, whole_logits=objective.has_teacher)
    return Run(
        task=task,
        data=data,
        architecture=architecture,
        settings=settings,
        place=place,
        parallel=parallel,
        optimizer=make_optimizer(parallel.model, settings, place),
        objective=objective,
        steps=settings.max_steps or settings.epochs * data.steps_per_epoch,
        paths=paths,
    )


def be_deterministic(seed: int, *, exact: bool) -> None:
    torch.manual_seed(seed)
    if exact:
        # cuBLAS picks its algorithms by timing unless its workspace is fixed; read when CUDA starts.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        # The same as use_deterministic_algorithms(True), which also loads the compiler to tell it so.
        torch.set_deterministic_debug_mode("error")


def make(architecture: Mapping[str, Any], *, meta: bool) -> nn.Module:
    """The model, its weights not yet set; on the meta device where it is to be cut, or is large."""
    config = {key: value for key, value in architecture.items() if key != "name"}
    large = architecture["name"] == "decoder" and DecoderConfig(**config).parameters > LARGE
    if not (meta or large):
        return models.build(architecture)
    with torch.device("meta"):
        return models.build(architecture)


def with_weights(
    model: nn.Module, settings: TrainerSettings, place: Place, base: BaseModel | None
) -> tuple[nn.Module, Callable[[nn.Module], None]]:
    """The model, wrapped for LoRA where asked for, and what fills it once it is cut."""
    if base is None:
        return model, partial(weights.draw, seed=settings.seed, device=place.device)
    source = f"{base.folder} ({base.description['architecture']})"
    fill = partial(weights.load, state=base.state, device=place.device, source=source)
    if not settings.lora_rank:
        return model, fill
    # Adapters are put beside weights that are there: every process holds the whole model for a moment.
    from workloads.training import adapters

    fill(model)
    return adapters.wrap(model, settings).to(place.device), lambda _: None


def make_optimizer(model: nn.Module, settings: TrainerSettings, place: Place) -> torch.optim.Optimizer:
    """AdamW; vectors (norms, biases) do not decay."""
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [parameter for parameter in learning if parameter.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [parameter for parameter in learning if parameter.ndim <= 1], "weight_decay": 0.0},
    ]
    # One kernel a step on a GPU; on a CPU it would import what quick_start keeps out.
    fused = True if place.device.type == "cuda" else None
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=settings.learning_rate, fused=fused)
