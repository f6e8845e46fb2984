"""Learn handwritten digits: the training workload `digits`.

Under SageMaker's contract (`python -m workloads.entrypoint train`) it needs no arguments. On its own:
    python -m workloads.training.digits --data workloads/data/digits --out /tmp/digits
With `torchrun --nproc-per-node 2 -m workloads.training.digits …` processes share the work. Same seed, same loss, however many.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from workloads import artifact
from workloads.contract import TrainingContract
from workloads.data.batches import Sharding, Split, read_split
from workloads.data.schema import CLASSES, PIXEL_MAX, PIXELS, SIDE, TEST_FILE, TRAIN_FILE
from workloads.errors import EXIT_BAD_INPUT, EXIT_STOPPED, HyperparameterError, WorkloadError, describe
from workloads.models.digits_net import DigitsNet
from workloads.training import checkpoint, distributed, quick_start
from workloads.training import hyperparameters as hp
from workloads.training.checkpoint import Checkpoint, Progress
from workloads.training.distributed import Place
from workloads.training.hyperparameters import Hyperparameters
from workloads.training.stopping import StopRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Where a run reads and writes."""

    train: Path
    test: Path
    model: Path
    metrics: Path
    checkpoints: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What stays the same from the first step to the last."""

    settings: Hyperparameters
    paths: Paths
    place: Place
    train: Split
    test: Split
    model: DigitsNet
    parallel: nn.Module  # the model, its gradients averaged over the processes
    optimizer: torch.optim.Optimizer
    sharding: Sharding

    @property
    def checkpoint_path(self) -> Path:
        return checkpoint.path_for(self.paths.checkpoints, self.settings.as_dict(), self.train)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 trained, 143 stopped with a checkpoint left, 2 wrong input (said on stderr)."""
    try:
        settings, paths = read_arguments(arguments)
        trained = train(settings, paths, StopRequest())
    except WorkloadError as error:
        print(describe(error), file=sys.stderr, flush=True)
        return EXIT_BAD_INPUT
    return 0 if trained else EXIT_STOPPED


def train(settings: Hyperparameters, paths: Paths, stop: StopRequest) -> Mapping[str, float] | None:
    """One whole run. Returns its metrics, None when it was stopped before it was done. Raises `WorkloadError`."""
    started = time.monotonic()
    place = distributed.join(settings.device)
    run = setup(settings, paths, place)
    with stop:  # from here on SIGTERM means: finish the step, leave a checkpoint; before, there is nothing to keep
        progress = fit(run, resume(run), stop)
        done = progress.epoch == settings.epochs
        metrics = {"train_loss": progress.train_loss, "test_accuracy": evaluate(run)} if done else None
        if metrics and place.leads:
            save(run, metrics)
            report(test_accuracy=metrics["test_accuracy"], seconds=time.monotonic() - started)
    # Not in a `finally`: a process that failed must end at once, and saying goodbye to NCCL may wait for the others.
    distributed.leave(place)
    return metrics


def read_arguments(arguments: Sequence[str] | None) -> tuple[Hyperparameters, Paths]:
    """From the command line with `--data`, else from the container contract."""
    parser = argparse.ArgumentParser(
        prog="python -m workloads.training.digits", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, help=f"folder with {TRAIN_FILE} and {TEST_FILE}; without it the container contract is read"
    )
    parser.add_argument("--out", type=Path, help="folder for model/, output/data/ and checkpoints/")
    hp.add_arguments(parser)
    given = parser.parse_args(arguments)
    if (given.data is None) != (given.out is None):
        parser.error("--data and --out go together: where to read the data and where to leave the model")
    if given.data is None:
        contract = TrainingContract.from_environment()
        return Hyperparameters.from_mapping(contract.hyperparameters), contract_paths(contract)
    return hp.from_arguments(given), Paths(
        train=given.data / TRAIN_FILE,
        test=given.data / TEST_FILE,
        model=given.out / "model",
        metrics=given.out / "output" / "data" / "metrics.json",
        checkpoints=given.out / "checkpoints",
    )


def contract_paths(contract: TrainingContract) -> Paths:
    return Paths(
        train=contract.channel("train"),
        test=contract.channel("test"),
        model=contract.model_dir,
        metrics=contract.output_data_dir / "metrics.json",
        checkpoints=contract.checkpoints_dir,
    )


def setup(settings: Hyperparameters, paths: Paths, place: Place) -> Run:
    """Data, model and optimizer, the same on every process."""
    settings.check_world(place.world_size)
    quick_start.without_compiler()
    # cuBLAS picks its algorithms by timing unless its workspace is fixed; read when CUDA starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # The same as use_deterministic_algorithms(True), which also loads the compiler to tell it so.
    torch.set_deterministic_debug_mode("error")
    torch.manual_seed(settings.seed)
    train_split, test_split = read_split(paths.train), read_split(paths.test)
    if len(train_split) < settings.batch_size:
        raise HyperparameterError(
            f"batch_size is {settings.batch_size}, and {paths.train} has {len(train_split)} rows; "
            f"make it {len(train_split)} or less"
        )
    model = DigitsNet(settings.width).to(place.device)
    return Run(
        settings=settings,
        paths=paths,
        place=place,
        train=train_split,
        test=test_split,
        model=model,
        parallel=place.wrap(model),
        optimizer=torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay),
        sharding=Sharding(
            rows=len(train_split),
            batch_size=settings.batch_size,
            rank=place.rank,
            world_size=place.world_size,
            seed=settings.seed,
        ),
    )


def resume(run: Run) -> Progress:
    """Go on where this very run stopped, if it did. The leader reads; checkpoints may not have reached every host."""
    saved: Checkpoint | None = run.place.from_leader(checkpoint.load(run.checkpoint_path) if run.place.leads else None)
    if saved is None:
        return Progress()
    run.model.load_state_dict(saved.model)
    run.optimizer.load_state_dict(saved.optimizer)
    if run.place.leads:
        print(f"resumed at epoch {saved.progress.epoch + 1}, step {saved.progress.step}", flush=True)
    return saved.progress


def fit(run: Run, progress: Progress, stop: StopRequest) -> Progress:
    """Train from `progress` to the last epoch, or to the step at which any process was asked to stop."""
    settings = run.settings
    while progress.epoch < settings.epochs:
        progress = fit_epoch(run, progress, stop)
        if progress.step:  # within an epoch: stopped
            keep(run, progress)
            return progress
        if run.place.leads:
            report(epoch=progress.epoch, train_loss=progress.train_loss)
        if progress.epoch % settings.checkpoint_every == 0 and progress.epoch < settings.epochs:
            keep(run, progress)
    return progress


def fit_epoch(run: Run, progress: Progress, stop: StopRequest) -> Progress:
    run.parallel.train()
    steps = run.sharding.steps
    for rows in run.sharding.epoch(progress.epoch, first_step=progress.step):
        for group in run.optimizer.param_groups:
            group["lr"] = learning_rate(run.settings, steps, progress.epoch * steps + progress.step)
        pixels, labels = batch(run, rows, progress.epoch)
        loss = F.cross_entropy(run.parallel(pixels), labels)
        run.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        run.optimizer.step()
        # One exchange tells every process the loss of the whole batch, and whether any of them was asked to stop.
        total, asked = run.place.sum(loss.item(), float(stop.asked))
        mean = total / run.place.world_size
        if not math.isfinite(mean):
            raise HyperparameterError(
                f"the loss became {mean} in epoch {progress.epoch + 1}, step {progress.step}; "
                f"lower learning_rate (now {run.settings.learning_rate:g})"
            )
        progress = replace(progress, step=progress.step + 1, loss_sum=progress.loss_sum + mean)
        if asked:
            break
    if progress.step < steps:
        return progress
    return Progress(epoch=progress.epoch + 1, train_loss=progress.loss_sum / steps)


def batch(run: Run, rows: np.ndarray, epoch: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Images shifted by up to one pixel each way, float32 (rows, 64), and labels int64 (rows,)."""
    # A row's shift depends on seed, epoch and row alone, so it is the same whichever process has the row.
    shifts = np.random.default_rng([run.settings.seed, epoch, 1]).integers(-1, 2, size=(len(run.train), 2))[rows]
    padded = np.pad(run.train.pixels[rows].reshape(-1, SIDE, SIDE), ((0, 0), (1, 1), (1, 1)))
    image = np.arange(len(rows))[:, None, None]
    down = (1 + shifts[:, :1] + np.arange(SIDE))[:, :, None]
    right = (1 + shifts[:, 1:] + np.arange(SIDE))[:, None, :]
    pixels = padded[image, down, right].reshape(len(rows), -1).astype(np.float32)
    return torch.from_numpy(pixels).to(run.place.device), torch.from_numpy(run.train.labels[rows]).to(run.place.device)


def learning_rate(settings: Hyperparameters, steps: int, step: int) -> float:
    """Rises over the warm-up, then falls along a cosine to zero at the last step."""
    warm = min(1.0, (step + 1) / max(1, settings.warmup_steps))
    return settings.learning_rate * warm * 0.5 * (1.0 + math.cos(math.pi * step / (steps * settings.epochs)))


def evaluate(run: Run) -> float:
    """Share of held-out images told right, counted over all processes."""
    run.model.eval()
    rows = np.arange(run.place.rank, len(run.test), run.place.world_size)
    with torch.inference_mode():
        pixels = torch.from_numpy(run.test.pixels[rows].astype(np.float32)).to(run.place.device)
        right = (run.model(pixels).argmax(1).cpu() == torch.from_numpy(run.test.labels[rows])).sum().item()
    total, count = run.place.sum(float(right), float(len(rows)))
    return total / count


def keep(run: Run, progress: Progress) -> None:
    if run.place.leads:
        state = Checkpoint(progress=progress, model=run.model.state_dict(), optimizer=run.optimizer.state_dict())
        checkpoint.save(run.checkpoint_path, state)
        if progress.step:
            print(
                f"stopped in epoch {progress.epoch + 1} after step {progress.step}; a run of the same settings resumes",
                flush=True,
            )


def save(run: Run, metrics: Mapping[str, float]) -> None:
    """The model, its metrics beside it, and no checkpoint any more."""
    artifact.save(
        run.paths.model,
        state=run.model.state_dict(),
        architecture=run.model.architecture(),
        task="digits",
        details={
            "input": {"values": PIXELS, "minimum": 0, "maximum": PIXEL_MAX, "normalisation": {"divide_by": PIXEL_MAX}},
            "labels": list(range(CLASSES)),
        },
        metrics=metrics,
        settings=run.settings.as_dict(),
    )
    run.paths.metrics.parent.mkdir(parents=True, exist_ok=True)
    run.paths.metrics.write_text(json.dumps(dict(metrics), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    checkpoint.remove(run.checkpoint_path)


def report(**metrics: float) -> None:
    """One line that the job's metric definitions read: `epoch=3; train_loss=0.1234;`."""
    print(
        " ".join(f"{name}={value if isinstance(value, int) else f'{value:.4f}'};" for name, value in metrics.items()), flush=True
    )


if __name__ == "__main__":
    sys.exit(main())
