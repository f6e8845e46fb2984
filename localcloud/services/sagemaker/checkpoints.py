"""CheckpointConfig: a job's checkpoints come from S3 when it starts and go back while it runs.

All hosts share one prefix: SageMaker adds no per-host suffix. Where two hosts write the same name the first host's is sent last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from localcloud.services.sagemaker import layout
from localcloud.services.sagemaker.shared import Shared
from localcloud.services.sagemaker.transfer import SyncUp, TransferError, sync_down


class Checkpoints:
    """One job's sync. Without a CheckpointConfig every method does nothing."""

    def __init__(
        self, shared: Shared, region: str, config: Mapping[str, Any] | None, bases: list[Path], note: Callable[[str], None]
    ) -> None:
        self._period_s = shared.limits.checkpoint_period_s
        self._note = note
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._folders: list[tuple[Path, SyncUp]] = []
        self._storage, self._region = shared.storage, region
        self._uri = str(config["S3Uri"]) if config else ""
        if config:
            path = config.get("LocalPath") or layout.DEFAULT_CHECKPOINTS
            for base in bases:
                folder = layout.local_path(base, path)
                if folder is None:
                    raise TransferError(
                        f"CheckpointConfig.LocalPath {path!r} must be below {layout.CONTRACT_ROOT} in the local cloud"
                    )
                folder.mkdir(parents=True, exist_ok=True)
                self._folders.append((folder, SyncUp(shared.storage, region, self._uri)))

    def start(self) -> None:
        """Brings what an earlier run left, then sends changes every few seconds: a killed job loses no more than that."""
        if not self._folders:
            return
        found = sync_down(self._storage, self._region, self._uri, [folder for folder, _ in self._folders])
        for folder, sync in self._folders:
            sync.remember(folder)
        if found:
            self._note(f"{found} checkpoint files from {self._uri}")
        self._thread = threading.Thread(target=self._loop, name="checkpoints", daemon=True)
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
            self._note(f"checkpoints: {error}")
