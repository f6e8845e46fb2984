"""Folders of a job that S3 holds too: its checkpoints, both ways, and what it writes for TensorBoard or a debugger.

All hosts share one prefix: SageMaker adds no per-host suffix. Where two hosts write the same name the first host's is sent last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.services.sagemaker import layout
from localcloud.services.sagemaker.shared import Shared
from localcloud.services.sagemaker.transfer import SyncUp, TransferError, sync_down


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A field of CreateTrainingJob that asks for a synced folder.

    `uri` is its member with the S3 prefix, `below` what SageMaker puts after it and the job's name; `default` is the folder where
    no LocalPath is given. `file` in input/config tells the job of it.
    """

    field: str
    uri: str
    default: str
    file: str
    below: str = ""
    both_ways: bool = False


# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CheckpointConfig.html
# Where the last two lie in S3, as sagemaker-python-sdk reads them back: `estimator.py`, latest_job_tensorboard_artifacts_path.
KINDS = (
    Kind(field="CheckpointConfig", uri="S3Uri", default=layout.DEFAULT_CHECKPOINTS, file="checkpointconfig", both_ways=True),
    Kind(
        field="TensorBoardOutputConfig",
        uri="S3OutputPath",
        default="/opt/ml/output/tensorboard",
        file="tensorboardoutputconfig",
        below="tensorboard-output",
    ),
    Kind(
        field="DebugHookConfig",
        uri="S3OutputPath",
        default="/opt/ml/output/tensors",
        file="debughookconfig",
        below="debug-output",
    ),
)


def config_files(request: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The files of input/config that tell a job of its synced folders, by name."""
    return {kind.file: {"LocalPath": kind.default, **request[kind.field]} for kind in KINDS if request.get(kind.field)}


def of_job(
    shared: Shared, region: str, request: Mapping[str, Any], bases: Sequence[Path], note: Callable[[str], None]
) -> list[SyncedFolder]:
    """The synced folders that a request asks for, there and empty. Raises TransferError for one that cannot be."""
    return [
        SyncedFolder(shared, region, kind, request["TrainingJobName"], request[kind.field], bases, note)
        for kind in KINDS
        if request.get(kind.field)
    ]


class SyncedFolder:
    """One synced folder of all hosts of a job."""

    def __init__(
        self,
        shared: Shared,
        region: str,
        kind: Kind,
        job: str,
        config: Mapping[str, Any],
        bases: Sequence[Path],
        note: Callable[[str], None],
    ) -> None:
        self._kind, self._period_s, self._note = kind, shared.limits.checkpoint_period_s, note
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._folders: list[tuple[Path, SyncUp]] = []
        self._storage, self._region = shared.storage, region
        self._uri = f"{config[kind.uri].rstrip('/')}/{job}/{kind.below}" if kind.below else str(config[kind.uri])
        path = config.get("LocalPath") or kind.default
        for base in bases:
            folder = layout.local_path(base, path)
            if folder is None:
                raise TransferError(f"{kind.field}.LocalPath {path!r} must be below {layout.CONTRACT_ROOT} in the local cloud")
            folder.mkdir(parents=True, exist_ok=True)
            self._folders.append((folder, SyncUp(shared.storage, region, self._uri)))

    def start(self) -> None:
        """Brings what an earlier run left, then sends changes every few seconds: a killed job loses no more than that."""
        if self._kind.both_ways:
            found = sync_down(self._storage, self._region, self._uri, [folder for folder, _ in self._folders])
            for folder, sync in self._folders:
                sync.remember(folder)
            if found:
                self._note(f"{found} checkpoint files from {self._uri}")
        self._thread = threading.Thread(target=self._loop, name=self._kind.file, daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Sends the rest. Call when the processes have ended."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._send()

    def _loop(self) -> None:
        while not self._stop.wait(self._period_s):
            self._send()

    def _send(self) -> None:
        try:
            for folder, sync in reversed(self._folders):
                sync.send(folder)
        except TransferError as error:
            self._note(f"{self._kind.field}: {error}")
