"""Four training loops over one decoder (ours, a bare PyTorch loop, HF Trainer, Lightning): same weights, batches, optimizer.

Each is a function that sets up and gives back another, which trains so many steps and returns what one took, and the length of
the weights it leaves, so that one sees that they trained the same. The batches are in memory; a step is timed from one batch
asked for to the next (peers look one ahead, which cancels out). Nobody saves, evaluates or logs, but for our own lines.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from workloads.models.decoder import Decoder, DecoderConfig
from workloads.training import distributed, schedule, trainer
from workloads.training.assembly import assemble, make_optimizer
from workloads.training.checkpoint import Progress
from workloads.training.degrees import Degrees
from workloads.training.settings_tasks import LanguageSettings
from workloads.training.stopping import StopRequest
from workloads.training.tasks import TASKS
from workloads.training.tasks.task import Batch, Data, Score
from workloads.training.weights import draw

# Steps before the clock starts: kernels are chosen, memory is found, a compiled model is compiled.
WARM_STEPS = 3


class Measured(NamedTuple):
    """Of the steps after the warm ones: seconds of one, seconds of CPU of one, and the length of the weights they leave."""

    seconds: float
    cpu_seconds: float
    weights: float


Train = Callable[[int], Measured]


@dataclass(kw_only=True)
class Setup:
    """What all contenders train: `rows` x `length` tokens a step."""

    config: DecoderConfig
    rows: int
    length: int
    device: str = "cpu"
    precision: str = "fp32"
    compile: bool = False
    batches: int = 16
    steps: int = 0
    pulls: list[tuple[float, float]] = field(default_factory=list)

    @property
    def settings(self) -> LanguageSettings:
        return LanguageSettings(
            batch_size=self.rows,
            sequence_length=self.length,
            device=self.device,
            precision=self.precision,
            compile=self.compile,
            max_steps=1_000_000,
            checkpoint_seconds=0.0,
        )

    def tokens(self) -> list[torch.Tensor]:
        """The batches, int64 (rows, length + 1), on the CPU (pinned where a GPU reads them)."""
        source = torch.Generator().manual_seed(0)
        shape = (self.rows, self.length + 1)
        made = [torch.randint(self.config.vocabulary, shape, generator=source) for _ in range(self.batches)]
        return [batch.pin_memory() for batch in made] if self.device == "cuda" else made

    def stream(self) -> Iterator[torch.Tensor]:
        """Batches without end. Every pull is a step's beginning."""
        for tokens in itertools.cycle(self.tokens()):
            self._wait()
            self.pulls.append((time.perf_counter(), time.process_time()))
            yield tokens

    def timed(self, train: Callable[[], object], steps: int, model: nn.Module) -> Measured:
        """Runs `train`, and means over its steps after the warm ones."""
        self.pulls.clear()
        self.steps = steps
        train()
        assert len(self.pulls) >= steps, f"{len(self.pulls)} batches were asked for in {steps} steps"
        length = torch.stack([weight.detach().double().norm() for weight in model.parameters()]).norm()
        first, last, count = self.pulls[WARM_STEPS], self.pulls[steps - 1], steps - 1 - WARM_STEPS
        return Measured((last[0] - first[0]) / count, (last[1] - first[1]) / count, float(length))

    def _wait(self) -> None:
        # A GPU runs behind. Waiting for it at every step would take from everybody what running ahead gains, so only the two
        # pulls that count are waited for.
        if self.device == "cuda" and len(self.pulls) in (WARM_STEPS, self.steps - 1):
            torch.cuda.synchronize()


def ours(setup: Setup) -> Train:
    """The trainer's real loop (`workloads.training.trainer.fit`), with its schedule, clipping, checks and lines."""
    place = distributed.join(setup.device)
    run = assemble(TASKS["language"].open(), _Memory(setup), setup.settings, place, Degrees())

    def train(steps: int) -> Measured:
        asked = replace(run, steps=steps)
        with contextlib.redirect_stdout(io.StringIO()):
            return setup.timed(lambda: trainer.fit(asked, Progress(), StopRequest()), steps, run.parallel.model)

    return train


def bare(setup: Setup) -> Train:
    """What anybody writes by hand: no lines, no checks, no checkpoints."""
    model = _model(setup)
    settings, optimizer = setup.settings, _optimizer(model, setup)
    called: Any = torch.compile(model) if setup.compile else model

    def train(steps: int) -> Measured:
        def loop() -> None:
            for step, tokens in enumerate(itertools.islice(setup.stream(), steps)):
                for group in optimizer.param_groups:
                    group["lr"] = schedule.learning_rate(settings, step, steps)
                moved = tokens.to(setup.device, non_blocking=True)
                optimizer.zero_grad()
                with _casting(setup):
                    loss = _loss(called, moved)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm)
                optimizer.step()

        return setup.timed(loop, steps, model)

    return train


def huggingface(setup: Setup) -> Train:
    """transformers.Trainer, logging, saving and progress bar off."""
    from transformers import Trainer, TrainingArguments

    settings = setup.settings
    model = _Answering(_model(setup))

    def train(steps: int) -> Measured:
        arguments = TrainingArguments(
            output_dir="unused",
            max_steps=steps,
            per_device_train_batch_size=1,  # an item is a whole batch
            learning_rate=settings.learning_rate,
            max_grad_norm=settings.clip_norm,
            use_cpu=setup.device == "cpu",
            bf16=setup.precision == "bf16",
            torch_compile=setup.compile,
            logging_strategy="no",
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            dataloader_num_workers=0,
            remove_unused_columns=False,
        )
        optimizer = _optimizer(model, setup)
        peer = Trainer(
            model=model,
            args=arguments,
            train_dataset=_Stream(setup),
            data_collator=lambda items: items[0],
            optimizers=(optimizer, _scheduler(optimizer, setup, steps)),
        )
        with contextlib.redirect_stdout(io.StringIO()):
            return setup.timed(peer.train, steps, model)

    return train


def lightning(setup: Setup) -> Train:
    """lightning.Trainer, logger, checkpoints and progress bar off."""
    import logging
    import warnings

    import lightning as L

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    settings = setup.settings
    model = _model(setup)
    called: Any = torch.compile(model) if setup.compile else model

    class Module(L.LightningModule):
        def __init__(self, steps: int) -> None:
            super().__init__()
            self.model, self.steps = called, steps

        def training_step(self, batch: dict[str, torch.Tensor], _: int) -> torch.Tensor:
            return _loss(self.model, batch["tokens"])

        def configure_gradient_clipping(self, *_: Any, **__: Any) -> None:
            # Lightning's own clipping refuses the fused AdamW that everybody here has on a GPU.
            torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip_norm)

        def configure_optimizers(self) -> Any:
            optimizer = _optimizer(model, setup)
            return [optimizer], [{"scheduler": _scheduler(optimizer, setup, self.steps), "interval": "step"}]

    def train(steps: int) -> Measured:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            peer = L.Trainer(
                max_steps=steps,
                accelerator="gpu" if setup.device == "cuda" else "cpu",
                devices=1,
                precision="bf16-mixed" if setup.precision == "bf16" else "32-true",
                logger=False,
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
            )
            loader = torch.utils.data.DataLoader(_Stream(setup), batch_size=None)
            return setup.timed(lambda: peer.fit(Module(steps), loader), steps, model)

    return train


CONTENDERS: dict[str, Callable[[Setup], Train]] = {"bare": bare, "ours": ours, "HF Trainer": huggingface, "Lightning": lightning}


class _Memory(Data):
    """The batches as our trainer takes them."""

    identity = "memory"
    steps_per_epoch = 2**31

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    @property
    def units_per_row(self) -> int:
        return self._setup.length

    def architecture(self) -> dict[str, Any]:
        return {"name": "decoder", **self._setup.config.as_dict()}

    def batches(self, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        for tokens in self._setup.stream():
            yield Batch(inputs=tokens[:, :-1], targets=tokens[:, 1:].contiguous())

    def test(self) -> Iterator[Batch]:
        return iter(())

    def metrics(self, score: Score) -> dict[str, float]:
        return {}

    def details(self) -> dict[str, Any]:
        return {}


class _Stream(torch.utils.data.IterableDataset):  # type: ignore[type-arg]
    """The batches as the peers take them."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        for tokens in self._setup.stream():
            yield {"tokens": tokens}


class _Answering(nn.Module):
    """The model as HF Trainer wants it: a dictionary with the loss."""

    def __init__(self, model: Decoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"loss": _loss(self.model, tokens)}


def _model(setup: Setup) -> Decoder:
    """The decoder with the trainer's own first weights of seed 0."""
    with torch.device("meta"):
        model = Decoder(setup.config)
    draw(model, 0, torch.device(setup.device))
    if setup.precision == "float8":
        from torchao.float8 import convert_to_float8_training

        convert_to_float8_training(model, module_filter_fn=lambda module, name: name != "head")
    return model.train()


def _optimizer(model: nn.Module, setup: Setup) -> torch.optim.Optimizer:
    return make_optimizer(model, setup.settings, distributed.join(setup.device))


def _scheduler(optimizer: torch.optim.Optimizer, setup: Setup, steps: int) -> Any:
    settings = setup.settings
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: schedule.learning_rate(settings, step, max(steps, step, 1)) / settings.learning_rate
    )


def _loss(model: Any, tokens: torch.Tensor) -> torch.Tensor:
    logits = model(tokens[:, :-1])
    return F.cross_entropy(logits.flatten(0, -2).float(), tokens[:, 1:].flatten())


def _casting(setup: Setup) -> Any:
    mixed = setup.precision in ("bf16", "float8")
    return torch.autocast(setup.device, torch.bfloat16) if mixed else contextlib.nullcontext()
