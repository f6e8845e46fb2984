"""`python -m workloads.training TASK`: the command line of the trainer, and the way in from the container contract."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from workloads import settings as setting
from workloads.contract import TrainingContract
from workloads.errors import EXIT_BAD_INPUT, EXIT_STOPPED, WorkloadError, describe
from workloads.training import sources
from workloads.training.settings import TrainerSettings
from workloads.training.sources import Paths
from workloads.training.tasks.registry import TASKS

PROGRAM: Final = "python -m workloads.training"
DESCRIPTION: Final = """Train a model. One trainer for every task; same seed, same losses, however many processes.

Without --data and --out it reads the container contract (SageMaker's /opt/ml), as a job does. The exit code is 0 when trained,
143 when stopped by SIGTERM or Ctrl-C with a checkpoint left (the same command goes on from it), 2 for wrong input."""
EXAMPLES: Final = f"""examples:
  alone, on the images that come with it:
    {PROGRAM} digits --data workloads/data/digits --out /tmp/digits
  a light model that learns from the one before:
    {PROGRAM} digits --data workloads/data/digits --out /tmp/light --arch depthwise --teacher /tmp/digits/model
  a language model, on a corpus made by `python -m workloads.data.prepare`:
    {PROGRAM} language --data /tmp/corpus --out /tmp/model --model 10m --max-steps 200
  8 GPUs, weights sharded over 4 of them twice, in bf16:
    torchrun --nproc-per-node 8 -m workloads.training language --data s3://bucket/corpus --out /tmp/model \\
        --model 1b --shard 4 --replicate 2 --precision bf16 --activation-checkpointing true --compile true
  8 GPUs, each layer over 2 and the layers over 2 stages:
    torchrun --nproc-per-node 8 -m workloads.training language --data /tmp/corpus --out /tmp/model \\
        --model 3b --tensor 2 --pipeline 2 --shard 2 --pipeline-microbatches 8"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 trained, 143 stopped with a checkpoint left, 2 wrong input (said on stderr)."""
    try:
        task, settings, paths = read_arguments(arguments)
        # PyTorch takes seconds to import; help and wrong use don't wait for it.
        from workloads.training import trainer
        from workloads.training.stopping import StopRequest

        trained = trainer.train(task, settings, paths, StopRequest())
    except WorkloadError as error:
        print(describe(error), file=sys.stderr, flush=True)
        return EXIT_BAD_INPUT
    return EXIT_STOPPED if trained is None else 0


def read_arguments(arguments: Sequence[str] | None) -> tuple[str, TrainerSettings, Paths]:
    """Task, settings and paths: from the command line with `--out`, else from the container contract. Raises `WorkloadError`."""
    parser = make_parser()
    given = parser.parse_args(arguments)
    kind = TASKS[given.task].settings
    values = setting.given_arguments(given, kind)
    data = given.data or values.get("data_uri")
    if (data is None) != (given.out is None):
        parser.error("--data and --out go together: where to read the data and where to leave the model")
    if data is not None:
        settings = kind.from_mapping(values)
        return given.task, settings, sources.from_command_line(settings, str(data), given.out)
    contract = TrainingContract.from_environment()
    settings = kind.from_mapping({**contract.hyperparameters, **values})
    return given.task, settings, sources.from_contract(settings, contract)


def make_parser() -> argparse.ArgumentParser:
    formatting = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog=PROGRAM, description=DESCRIPTION, epilog=EXAMPLES, formatter_class=formatting)
    tasks = parser.add_subparsers(
        dest="task", metavar="TASK", required=True, title="tasks", description=f"`{PROGRAM} TASK --help` lists a task's settings"
    )
    for name, row in TASKS.items():
        task = tasks.add_parser(
            name, help=row.meaning, description=f"{row.meaning}.", epilog=EXAMPLES, formatter_class=formatting
        )
        task.add_argument("--data", metavar="URI", help="folder or s3:// address with the splits train and test")
        task.add_argument("--out", metavar="FOLDER", type=Path, help="folder for model/, output/data/ and checkpoints/")
        setting.add_arguments(task, row.settings)
    return parser
