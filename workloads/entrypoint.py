"""PID 1 of both images: `python -m workloads.entrypoint train|serve`.

`train` runs the job's processes and answers for them: exit code 0 when all succeeded, 143 when the job was stopped before it was
done, otherwise the failed process's own code, with the cause in `<base>/output/failure`.
`serve` answers HTTP until it gets SIGTERM.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

from workloads import launch, script_mode
from workloads.catalog import DEFAULT_WORKLOAD, WORKLOADS, Workload, absent_packages
from workloads.contract import TrainingContract, base_directory, count_gpus
from workloads.errors import EXIT_BAD_INPUT, ContractError, WorkloadError, describe

USAGE: Final = "usage: python -m workloads.entrypoint train|serve"
# No machine that SageMaker rents has more GPUs than 16 or would gain from more processes than cores; this only stops a slip.
MAX_PROCESSES_PER_HOST: Final = 256


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    match list(arguments):
        case ["train"]:
            return train()
        case ["serve"]:
            return serve()
        case ["-h" | "--help"]:
            print(f"{USAGE}\n\n{__doc__}")
            return 0
        case other:
            print(f"{USAGE}\ngot {other!r}; SageMaker gives exactly one argument, `train` or `serve`", file=sys.stderr)
            return EXIT_BAD_INPUT


def train() -> int:
    """Run this host's part of a training job, to its end. Returns the exit code."""
    try:
        contract = TrainingContract.from_environment()
        job = plan(contract)
    except WorkloadError as error:
        print(describe(error), file=sys.stderr, flush=True)
        launch.write_failure(base_directory() / "output" / "failure", describe(error))
        return EXIT_BAD_INPUT
    return launch.run(job, contract)


def serve() -> int:
    """Answer requests until SIGTERM. Returns the exit code."""
    from workloads.serving.app import main as serve_until_stopped  # imported here, since `train` needs none of it

    return serve_until_stopped()


def plan(contract: TrainingContract) -> launch.Job:
    """What to start on this host: one of our workloads, or in script mode the user's own script."""
    if script_mode.is_asked_for(contract):
        program = script_mode.fetch(contract)
        return launch.Job(
            command=script_mode.command(contract, program),
            processes=processes_per_host(contract, default=script_mode.processes(contract)),
            folder=program.folder,
            environment=script_mode.environment(contract, program),
        )
    workload = asked_workload(contract)
    if absent := absent_packages(contract.hyperparameters.get("workload", DEFAULT_WORKLOAD), contract.hyperparameters):
        raise ContractError(
            f"this run imports {', '.join(absent)}, not installed. `./slipway setup compression` fetches them in a checkout; "
            "of the images, the one for training and compression has them."
        )
    return launch.Job(
        command=(sys.executable, "-m", workload.module, *workload.arguments),
        processes=processes_per_host(contract, default=max(1, count_gpus())),
        environment={"PYTHONPATH": script_mode.joined([str(script_mode.HERE), *script_mode.paths(os.environ)])},
    )


def asked_workload(contract: TrainingContract) -> Workload:
    """The workload that hyperparameter `workload` names."""
    name = contract.hyperparameters.get("workload", DEFAULT_WORKLOAD)
    if name not in WORKLOADS:
        raise ContractError(f"hyperparameter workload is {name!r}; this image has {', '.join(WORKLOADS)}. Name one of them.")
    return WORKLOADS[name]


def processes_per_host(contract: TrainingContract, *, default: int) -> int:
    """Hyperparameter `processes_per_host`, else `default`."""
    value = contract.hyperparameters.get("processes_per_host", default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_PROCESSES_PER_HOST:
        raise ContractError(
            f"hyperparameter processes_per_host is {value!r}. Give a whole number from 1 to {MAX_PROCESSES_PER_HOST}: "
            "one for each GPU, or fewer than the cores."
        )
    return value


if __name__ == "__main__":
    sys.exit(main())
