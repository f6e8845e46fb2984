"""Where a run reads and writes: from the command line, else from the container contract."""

from __future__ import annotations

import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from workloads.contract import MODEL_CHANNEL, TrainingContract
from workloads.errors import ContractError, ModelError
from workloads.stores.store import SCHEME
from workloads.training.settings import TrainerSettings

ARCHIVE = "model.tar.gz"
TEACHER_CHANNEL = "teacher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """`train` and `test` are folders, files or s3:// addresses; `teacher` and `start_from` are None where there is none."""

    train: str
    test: str
    model: Path
    metrics: Path
    checkpoints: str
    teacher: Path | None = None
    start_from: Path | None = None


def from_command_line(settings: TrainerSettings, data: str, out: Path) -> Paths:
    return Paths(
        train=data,
        test=data,
        model=out / "model",
        metrics=out / "output" / "data" / "metrics.json",
        checkpoints=settings.checkpoint_uri or str(out / "checkpoints"),
        teacher=Path(settings.teacher) if settings.teacher else None,
        start_from=Path(settings.start_from) if settings.start_from else None,
    )


def from_contract(settings: TrainerSettings, contract: TrainingContract) -> Paths:
    """Raises `ContractError` when a channel is missing."""
    return Paths(
        train=settings.data_uri or str(contract.channel("train")),
        test=settings.data_uri or str(contract.channel("test")),
        model=contract.model_dir,
        metrics=contract.output_data_dir / "metrics.json",
        checkpoints=settings.checkpoint_uri or str(contract.checkpoints_dir),
        teacher=_model_input(contract, TEACHER_CHANNEL, settings.teacher),
        start_from=_model_input(contract, MODEL_CHANNEL, settings.start_from),
    )


def artifact_folder(given: Path) -> Path:
    """The folder of an artifact; where there is only its `model.tar.gz`, as a registry keeps it, it is unpacked to a new one.

    Raises `ModelError` when the archive is damaged.
    """
    archive = given if given.name.endswith(".tar.gz") else given / ARCHIVE
    if not archive.is_file():
        return given
    folder = Path(tempfile.mkdtemp(prefix="slipway-model-"))
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")  # refuses paths outside the folder, devices and links out of it
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ModelError(f"{archive} cannot be unpacked: {error}. Give the model.tar.gz of a training job.") from None
    return folder


def _model_input(contract: TrainingContract, channel: str, given: str) -> Path | None:
    """What the setting names: a channel's folder by the channel's name, or a path; unset, the channel if the job has it."""
    if channel in contract.channels and given in ("", channel):
        return contract.channel(channel)
    if not given:
        return None
    if given.startswith(SCHEME):
        setting = "teacher" if channel == TEACHER_CHANNEL else "start_from"
        raise ContractError(
            f"{setting} is {given!r}; a job gets models as input channels: add a channel named {channel!r} with that S3Uri, and "
            f"set {setting} to {channel!r}"
        )
    return contract.path_of(given)
