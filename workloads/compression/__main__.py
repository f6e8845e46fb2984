"""Compress a trained model, judge it against its original, and export it: the workload `compress`.

    python -m workloads.compression --model FOLDER|model.tar.gz --data URI --out FOLDER --recipe NAME [--export FORMATS]

Without arguments it reads the container contract: the model in channel `model`, the data in channel `test` or, as hyperparameter
`data_uri`, elsewhere. A recipe that is slower, worse or larger than allowed fails with exit code 2 and leaves its report only.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workloads.contract import MODEL_CHANNEL, TEST_CHANNEL, TrainingContract
from workloads.errors import EXIT_BAD_INPUT, WorkloadError, describe

if TYPE_CHECKING:
    from workloads.compression.job import Paths
    from workloads.compression.settings import CompressionSettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when the model is made, 2 for wrong input and for a model that a limit refuses."""
    if int(os.environ.get("RANK", "0")):  # one process compresses; more would compress the same model
        return 0
    try:
        settings, paths = read_settings(sys.argv[1:] if arguments is None else arguments)
        from workloads.compression import job

        job.run(settings, paths)
    except WorkloadError as error:
        print(describe(error), file=sys.stderr, flush=True)
        return EXIT_BAD_INPUT
    return 0


def read_settings(arguments: Sequence[str]) -> tuple[CompressionSettings, Paths]:
    """The settings and paths of the command line; of the contract where there are no arguments. Raises `WorkloadError`."""
    if not arguments:
        return from_contract(TrainingContract.from_environment())
    from workloads.compression.job import Paths
    from workloads.compression.settings import CompressionSettings
    from workloads.settings import add_arguments, given_arguments

    parser = argparse.ArgumentParser(
        prog="python -m workloads.compression", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="folder of an artifact (model.json), or its model.tar.gz")
    parser.add_argument("--data", required=True, help="folder or s3:// address that holds the data's `test`")
    parser.add_argument("--out", type=Path, required=True, help="folder for model/ and output/data/")
    add_arguments(parser, CompressionSettings)
    given = parser.parse_args(arguments)
    settings = CompressionSettings.from_mapping(given_arguments(given, CompressionSettings))
    return settings, Paths(
        source=given.model,
        data=settings.data_uri or given.data,
        model=given.out / "model",
        outputs=given.out / "output" / "data",
    )


def from_contract(contract: TrainingContract) -> tuple[CompressionSettings, Paths]:
    """Raises `ContractError` without a model or data."""
    from workloads.compression.job import Paths
    from workloads.compression.settings import CompressionSettings

    settings = CompressionSettings.from_mapping(contract.hyperparameters)
    return settings, Paths(
        source=contract.channel(MODEL_CHANNEL),
        # A task reads a folder that holds `test`: the channels' own.
        data=settings.data_uri or str(contract.channel(TEST_CHANNEL).parent),
        model=contract.model_dir,
        outputs=contract.output_data_dir,
    )


if __name__ == "__main__":
    sys.exit(main())
