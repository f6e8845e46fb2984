"""The one trainer: setup, resume, fit, evaluate, save. Whatever the task and however many processes, same seed, same losses.

A benchmark times its real loop without command line and files (`data` is any `tasks.task.Data`; nothing is written):

    run = assemble(TASKS["language"].open(), data, settings, distributed.join("auto"), Degrees())
    progress = fit(run, Progress(), StopRequest())  # `settings.max_steps` steps
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import torch

from workloads import artifact
from workloads.errors import HyperparameterError
from workloads.training import base_model, distributed, schedule, state, weights
from workloads.training.assembly import Run, assemble
from workloads.training.checkpoint import Checkpoints, Progress, run_id
from workloads.training.degrees import resolve
from workloads.training.devices import peak_flops
from workloads.training.distributed import Place
from workloads.training.gradients import clip
from workloads.training.parallel import require_float8
from workloads.training.report import report
from workloads.training.settings import TrainerSettings
from workloads.training.sources import Paths
from workloads.training.stopping import StopRequest
from workloads.training.tasks.registry import TASKS
from workloads.training.tasks.task import Batch, Score, Share, score


def train(name: str, settings: TrainerSettings, paths: Paths, stop: StopRequest) -> Mapping[str, float] | None:
    """One whole run of task `name`. Returns its metrics, None when it was stopped before it was done. Raises `WorkloadError`."""
    started = time.monotonic()
    place = distributed.join(settings.device)
    run = setup(name, settings, paths, place)
    with stop:  # from here on SIGTERM means: finish the step, leave a checkpoint; before, there is nothing to save
        progress = fit(run, resume(run), stop)
        done = progress.step == run.steps
        metrics = {"train_loss": progress.train_loss, **evaluate(run)} if done else None
        if metrics is not None:
            save(run, metrics)
            if place.leads:
                tested = {key: value for key, value in metrics.items() if key.startswith("test_")}
                report(**tested, seconds=time.monotonic() - started)
    # Not in a `finally`: a process that failed must end at once, and leaving NCCL may wait for the others.
    distributed.leave(place)
    return metrics


def setup(name: str, settings: TrainerSettings, paths: Paths, place: Place) -> Run:
    """Check the settings, open the data, and put model and optimizer onto the processes."""
    task = TASKS[name].open()
    length = getattr(settings, "sequence_length", 0)
    base = base_model.read(paths.start_from, settings, name)
    degrees = resolve(settings, place.world_size, base.sizes(length) if base else task.sizes(settings), length)
    if settings.precision == "float8":
        require_float8(place.device)  # before the data is read, which may take a while
    share = Share(rank=degrees.data_rank(place.rank), world_size=degrees.data)
    data = task.open(settings, paths.train, paths.test, share)
    run = assemble(task, data, settings, place, degrees, paths=paths, base=base)
    if place.leads:
        if place.world_size > 1:
            print(f"{place.world_size} processes: {degrees}", flush=True)
        report(steps=run.steps)
    deciding = {"task": name, "base": base.digest if base else None, **settings.as_dict()}
    identity = run_id(deciding, data.identity, name=name)
    return replace(run, checkpoints=Checkpoints(paths.checkpoints, identity, place=place, keep=settings.checkpoint_keep))


def resume(run: Run) -> Progress:
    """The progress of the run's newest checkpoint, whose state is loaded; without one, that of a fresh start."""
    checkpoints = run.checkpoints
    if checkpoints is None or checkpoints.newest() is None:
        return Progress()
    found = state.for_checkpoint(run.parallel.model, run.optimizer)
    progress = checkpoints.load(found)
    if progress is None:
        run.optimizer.state.clear()  # to collect the state the optimizer took a step of size zero, which AdamW counts
        return Progress()
    state.from_checkpoint(run.parallel.model, run.optimizer, found)
    if run.place.leads:
        print(f"resumed at epoch {progress.epoch + 1}, step {progress.step_in_epoch}", flush=True)
    return progress


def fit(run: Run, progress: Progress, stop: StopRequest) -> Progress:
    """Train from `progress` to the last step, or to the one at which any process was asked to stop."""
    run.parallel.module.train()
    saved_at = time.monotonic()
    while progress.step < run.steps:
        for batch in run.data.batches(progress.epoch, progress.step_in_epoch):
            loss = step(run, batch, progress.step)
            # One exchange tells every process the loss of the whole batch, whether any was asked to stop, and what time it is.
            total, asked, late = run.place.sum(loss, float(stop.asked), float(_is_late(run, saved_at)))
            progress = advance(run, progress, total / run.parallel.loss_reporters)
            if asked:
                stop_with_checkpoint(run, progress)
                return progress
            every = run.settings.checkpoint_every
            if late or (every and progress.step % every == 0):
                save_checkpoint(run, progress, wait=False)
                saved_at = time.monotonic()
            if progress.step == run.steps:
                break
    return progress


def step(run: Run, batch: Batch, number: int) -> float:
    """One step of the optimizer. Returns this process's mean loss; 0 on a pipeline's stage before the last, which has none."""
    for group in run.optimizer.param_groups:
        group["lr"] = schedule.learning_rate(run.settings, number, run.steps)
    run.optimizer.zero_grad()
    batch = batch.to(run.place.device)
    loss = backward_in_stages(run, batch) if run.parallel.schedule else backward(run, batch)
    if run.settings.clip_norm:
        clip(run.parallel, run.settings.clip_norm)
    run.optimizer.step()
    return loss.item()


def backward(run: Run, batch: Batch) -> torch.Tensor:
    """Gradients of the batch's mean loss, part after part. Parts are of one size, so the mean of their means is the whole's."""
    parts = run.settings.accumulation
    total = torch.zeros((), device=run.place.device)
    pairs = zip(batch.inputs.chunk(parts), batch.targets.chunk(parts), strict=True)
    for place, (inputs, targets) in enumerate(pairs):
        with run.parallel.part(last=place == parts - 1), run.parallel.computing():
            with run.parallel.casting():
                loss = run.objective(run.parallel.module(inputs), targets, inputs) / parts
            loss.backward()  # type: ignore[no-untyped-call]
        total += weights.local_part(loss.detach())
    return total


def backward_in_stages(run: Run, batch: Batch) -> torch.Tensor:
    """`backward` through a pipeline: the first stage is given the inputs, the last one the targets."""
    stages, losses = run.parallel.schedule, []  # type: ignore[var-annotated]
    inputs = (batch.inputs,) if run.parallel.embeds else ()
    with run.parallel.computing():
        stages.step(*inputs, target=batch.targets if run.parallel.reports_loss else None, losses=losses, return_outputs=False)
    if not losses:
        return torch.zeros(())
    return torch.stack([weights.local_part(loss.detach()) for loss in losses]).mean()


def advance(run: Run, progress: Progress, loss: float) -> Progress:
    """The progress after one more step, logged now and then and at an epoch's end. Raises when the loss is no number."""
    if not math.isfinite(loss):
        raise HyperparameterError(
            f"the loss became {loss} in epoch {progress.epoch + 1}, step {progress.step_in_epoch}; "
            f"lower learning_rate (now {run.settings.learning_rate:g})"
        )
    progress = replace(
        progress,
        step=progress.step + 1,
        step_in_epoch=progress.step_in_epoch + 1,
        rows=progress.rows + run.settings.batch_size,
        loss_sum=progress.loss_sum + loss,
    )
    run.meter.add(loss)
    if run.place.leads and (progress.step % run.settings.log_every == 0 or progress.step == run.steps):
        log_step(run, progress)
    ended = progress.step_in_epoch == run.data.steps_per_epoch
    if ended or progress.step == run.steps:
        progress = replace(progress, train_loss=progress.loss_sum / progress.step_in_epoch)
    if not ended:
        return progress
    if run.place.leads:
        report(epoch=progress.epoch + 1, train_loss=progress.train_loss)
    return replace(progress, epoch=progress.epoch + 1, step_in_epoch=0, loss_sum=0.0)


def log_step(run: Run, progress: Progress) -> None:
    """Print one line on the steps since the last one: loss, learning rate, throughput and, where it is known, MFU."""
    loss, steps_per_second = run.meter.take()
    rate = schedule.learning_rate(run.settings, progress.step - 1, run.steps)
    line: dict[str, float] = {"step": progress.step, "epoch": progress.epoch + 1, "train_loss": loss, "learning_rate": rate}
    if steps_per_second:
        units = steps_per_second * run.settings.batch_size * run.data.units_per_row
        line[f"{run.task.unit}_per_second"] = units
        peak = peak_flops(run.place.device, run.settings.precision)
        config = getattr(run.parallel.model, "config", None)
        if peak and config:
            line["mfu"] = units * config.flops_per_token(run.data.units_per_row) / (peak * run.place.world_size)
    report(**line)


def save_checkpoint(run: Run, progress: Progress, *, wait: bool) -> None:
    """Save a checkpoint of this step: written in the background, or waited for."""
    if run.checkpoints is not None:
        run.checkpoints.save(progress, state.for_checkpoint(run.parallel.model, run.optimizer), wait=wait)


def stop_with_checkpoint(run: Run, progress: Progress) -> None:
    """End a run before it is done: its last checkpoint is whole before the process ends."""
    save_checkpoint(run, progress, wait=True)
    if run.checkpoints is not None:
        run.checkpoints.finish()
    if run.place.leads:
        where = f"in epoch {progress.epoch + 1} after step {progress.step_in_epoch}"
        print(f"stopped {where}; a run of the same settings resumes", flush=True)


def evaluate(run: Run) -> dict[str, float]:
    """The test split's metrics, over all processes."""
    run.parallel.module.eval()
    own = score(partial(answer, run), run.data.test(), run.place.device)
    loss, right, count = run.place.sum(own.loss, own.right, own.count)
    return run.data.metrics(Score(loss=loss, right=right, count=count))


def answer(run: Run, inputs: torch.Tensor) -> torch.Tensor | None:
    """Whole logits; None on a pipeline's stage before the last, which has none."""
    if run.parallel.schedule:
        # The schedule computes a loss too, although nobody reads it here; the inputs serve as its targets.
        given, targets = (inputs,) if run.parallel.embeds else (), inputs if run.parallel.reports_loss else None
        with run.parallel.computing():
            logits = run.parallel.schedule.eval(*given, target=targets)
    else:
        with run.parallel.casting():
            logits = run.parallel.model(inputs)
    if logits is not None and weights.is_cut(logits):
        logits = logits.full_tensor()
    return logits if run.parallel.reports_loss else None


def save(run: Run, metrics: Mapping[str, float]) -> None:
    """Write the model and its metrics, by the leader, and remove the run's checkpoints."""
    paths, model = run.paths, run.parallel.model
    assert paths is not None
    if run.settings.lora_rank:
        from workloads.training import adapters

        whole, adapter = adapters.merged_state(model), adapters.adapter_state(model)
    else:
        whole, adapter = state.whole(run.parallel, model.state_dict()), {}
    if run.place.leads:
        if adapter:
            adapters.save(paths.model / "adapter", model, state=adapter)
        paths.model.mkdir(parents=True, exist_ok=True)
        run.data.save_beside(paths.model)
        artifact.save(
            paths.model,
            state=whole,
            architecture=run.architecture,
            task=run.task.name,
            details=run.data.details(),
            metrics=metrics,
            settings=run.settings.as_dict(),
        )
        paths.metrics.parent.mkdir(parents=True, exist_ok=True)
        paths.metrics.write_text(json.dumps(dict(metrics), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    if run.checkpoints is not None:
        run.checkpoints.remove()


def _is_late(run: Run, saved_at: float) -> bool:
    """Whether it is time for a checkpoint: the leader's clock decides for all, and not while one is being written."""
    seconds = run.settings.checkpoint_seconds
    if run.checkpoints is None or not run.place.leads or not seconds:
        return False
    return time.monotonic() - saved_at >= seconds and not run.checkpoints.busy
