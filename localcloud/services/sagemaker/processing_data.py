"""What a processing job reads and writes: its configuration files, its inputs from S3, its outputs to S3.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.services.sagemaker import layout, transfer
from localcloud.services.sagemaker.shared import Shared
from localcloud.services.sagemaker.transfer import SyncUp, TransferError

MESSAGE_BYTES = 1024


class ProcessingFailed(Exception):
    """The job's FailureReason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Output:
    """One output: its folder on every host, and what has been sent of it."""

    continuous: bool
    syncs: tuple[tuple[Path, SyncUp], ...]

    def send(self) -> None:
        for folder, sync in self.syncs:
            sync.send(folder)


class ProcessingData:
    """The folders of one job, `bases` standing for /opt/ml on each host. `note` writes into the job's log."""

    def __init__(
        self, shared: Shared, region: str, request: Mapping[str, Any], bases: Sequence[Path], note: Callable[[str], None]
    ) -> None:
        self._shared, self._region, self._request, self._bases, self._note = shared, region, request, bases, note
        self._outputs: list[_Output] = []

    def prepare(self, arn: str, hosts: Sequence[str]) -> None:
        """The folders and configuration files. Raises ProcessingFailed for what is not run here, TransferError for no bucket."""
        config = {"ProcessingJobArn": arn, **{key: value for key, value in self._request.items() if key != "Tags"}}
        for host, base in zip(hosts, self._bases, strict=True):
            for folder in ("config", "output", "processing", "packages"):
                (base / folder).mkdir(parents=True, exist_ok=True)
            resources = {"current_host": host, "hosts": sorted(hosts)}
            for name, content in (("processingjobconfig", config), ("resourceconfig", resources)):
                (base / "config" / f"{name}.json").write_text(json.dumps(content, indent=1, default=str), encoding="utf-8")
        for given in self._inputs():
            self._folders(given["S3Input"]["LocalPath"])
        for output in (self._request.get("ProcessingOutputConfig") or {}).get("Outputs") or ():
            if "S3Output" not in output:
                raise ProcessingFailed(
                    f"ClientError: output {output['OutputName']!r} goes to a feature store, which is not run here; use S3Output"
                )
            if not output.get("AppManaged"):
                self._outputs.append(self._output(output["S3Output"]))

    def fetch(self, check: Callable[[], None]) -> None:
        """Fetches each object of the inputs once from S3; what is not sharded every host gets as a copy of its own.

        `check` is asked before each and may raise.
        """
        for given in self._inputs():
            source = given["S3Input"]
            folders = self._folders(source["LocalPath"])
            try:
                objects = transfer.channel_objects(self._shared.storage, self._region, source)
            except TransferError as error:
                raise ProcessingFailed(f"ClientError: Data download failed: input {given['InputName']!r}: {error}") from error
            for number, (bucket, key, name) in enumerate(objects):
                check()
                sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
                first, *others = [folders[number % len(folders)]] if sharded else folders
                self._shared.storage.download(self._region, bucket, key, first / name)
                for other in others:
                    (other / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(first / name, other / name)

    def send_all(self) -> None:
        """Sends what every output has. Raises TransferError."""
        for output in self._outputs:
            output.send()

    def send_until(self, over: threading.Event) -> None:
        """Sends continuous outputs every few seconds, and what is left of them when `over` is set."""
        continuous = [output for output in self._outputs if output.continuous]
        while continuous:
            last = over.wait(self._shared.limits.checkpoint_period_s)
            try:
                for output in continuous:
                    output.send()
            except TransferError as error:
                self._note(f"outputs: {error}")
            if last:
                return

    def exit_message(self) -> str:
        """The first 1 KB of /opt/ml/output/message, of the first host that wrote one."""
        for base in self._bases:
            try:
                with (base / "output" / "message").open("rb") as file:
                    text = file.read(MESSAGE_BYTES).decode("utf-8", "ignore")
            except OSError:
                continue
            if text:
                return text
        return ""

    def _inputs(self) -> list[Mapping[str, Any]]:
        """The inputs that the platform brings. Raises ProcessingFailed for a kind that is not brought here."""
        brought = [given for given in self._request.get("ProcessingInputs") or () if not given.get("AppManaged")]
        for given in brought:
            source = given.get("S3Input")
            what = "a DatasetDefinition" if source is None else "Pipe mode" if source.get("S3InputMode") == "Pipe" else ""
            if what:
                raise ProcessingFailed(
                    f"ClientError: input {given['InputName']!r} uses {what}, which is not run locally; use S3Input with File mode"
                )
        return brought

    def _output(self, asked: Mapping[str, Any]) -> _Output:
        uri, storage = asked["S3Uri"], self._shared.storage
        storage.require_bucket(self._region, uri)
        syncs = [(folder, SyncUp(storage, self._region, uri)) for folder in self._folders(asked["LocalPath"])]
        return _Output(continuous=asked.get("S3UploadMode") == "Continuous", syncs=tuple(syncs))

    def _folders(self, path: str) -> list[Path]:
        """A path of the contract on every host, made where it is not there."""
        found = []
        for base in self._bases:
            local = layout.local_path(base, path)
            if local is None:
                raise ProcessingFailed(f"ClientError: LocalPath {path!r} must be below {layout.CONTRACT_ROOT} in the local cloud")
            local.mkdir(parents=True, exist_ok=True)
            found.append(local)
        return found
