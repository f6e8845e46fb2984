"""The servers of one endpoint: brought up before they are shown, drained before they end."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from localcloud.services.sagemaker import archives, transfer
from localcloud.services.sagemaker.servers import ModelServer, stop_all
from localcloud.services.sagemaker.shared import Shared
from localcloud.services.sagemaker.variants import DeployFailed, Deployment, Variant

DRAIN_S = 30.0


class Rollout:
    """Starts and stops servers of one endpoint. Knows every server it ever started, so that `end` leaves none."""

    def __init__(
        self, shared: Shared, *, name: str, region: str, folder: Path, numbers: Iterator[int], cancelled: threading.Event
    ) -> None:
        self._shared, self._name, self._region, self._folder = shared, name, region, folder
        self._numbers, self._cancelled = numbers, cancelled
        self._servers: set[ModelServer] = set()
        self._models: list[Path] = []
        self._lock = threading.Lock()
        self.notes: Callable[[], list[str]] = list

    def bring_up(self, deployment: Deployment, granted: Mapping[str, int]) -> None:
        """Starts all servers of a deployment and waits until each answers. Raises DeployFailed, with none of them left."""
        try:
            for variant in deployment.variants.values():
                self._fetch_model(variant)
            for variant in deployment.variants.values():
                for _ in range(granted[variant.name]):
                    variant.servers.append(self._start(variant))
            self._wait(deployment.servers)
        except BaseException:
            self._discard(deployment)
            raise

    def resize(self, deployment: Deployment, granted: Mapping[str, int]) -> None:
        """Gives each variant its number of servers. Raises DeployFailed when a new one does not come up; the old ones stay."""
        for variant in deployment.variants.values():
            wanted = granted[variant.name]
            added: list[ModelServer] = []
            try:
                for _ in range(wanted - len(variant.servers)):
                    added.append(self._start(variant))
                self._wait(added)
            except BaseException:
                self._stop(added)
                raise
            variant.servers, surplus = [*variant.servers, *added][:wanted], variant.servers[wanted:]
            self._drain(surplus)
            self._stop(surplus)

    def take_down(self, deployment: Deployment) -> None:
        """Lets a deployment that takes no new requests finish, then ends it."""
        self._drain(deployment.servers)
        self._discard(deployment)

    def end(self, grace_s: float) -> None:
        """Ends everything this endpoint has, also what is just starting, and removes its files.

        Only its own: an endpoint of the same name may already be starting in the same folder.
        """
        with self._lock:
            servers, models = list(self._servers), list(self._models)
        stop_all(servers, grace_s)
        for server in servers:
            server.log.path.unlink(missing_ok=True)
        for folder in models:
            shutil.rmtree(folder, ignore_errors=True)

    def _start(self, variant: Variant) -> ModelServer:
        number = next(self._numbers)
        base = self._folder / variant.name / str(number)
        base.mkdir(parents=True)
        if variant.model_folder is not None:
            (base / "model").symlink_to(variant.model_folder, target_is_directory=True)
        log = self._shared.logs.open(
            region=self._region,
            group=f"/aws/sagemaker/Endpoints/{self._name}",
            stream=f"{variant.name}/i-{number:017x}",
            path=self._folder / "logs" / f"{variant.name}-{number}.log",
        )
        for note in self.notes():
            log.note(note)
        server = ModelServer(
            self._shared,
            name=f"{self._name}/{variant.name}/{number}",
            base=base,
            command=list(variant.spec.command),
            asked_environment=variant.spec.environment,
            region=self._region,
            startup_s=variant.startup_s,
            log=log,
        )
        with self._lock:
            if self._cancelled.is_set():
                raise DeployFailed("the endpoint was deleted")
            self._servers.add(server)
            server.start()
        return server

    def _wait(self, servers: list[ModelServer]) -> None:
        """Waits until all are up, or one has failed: the others need not be waited for then."""
        waiting = list(servers)
        while waiting:
            waiting[0].settled.wait(0.1)
            for server in list(waiting):
                if self._cancelled.is_set():
                    raise DeployFailed("the endpoint was deleted")
                if server.settled.is_set():
                    if server.failure:
                        raise DeployFailed(f"{server.name}: {server.failure}")
                    waiting.remove(server)

    def _fetch_model(self, variant: Variant) -> None:
        """The variant's model into a folder that its servers share; it is only read."""
        folder = self._folder / variant.name / f"model-{next(self._numbers)}"
        folder.mkdir(parents=True)
        self._models.append(folder)
        variant.model_folder = folder
        uri, storage = variant.spec.model_uri, self._shared.storage
        if not uri:
            return
        try:
            bucket, key = transfer.split_uri(uri)
            if variant.spec.packed:
                archive = folder.with_suffix(".tar.gz")
                storage.download(self._region, bucket, key, archive)
                archives.unpack(archive, folder)
                archive.unlink()
            elif not transfer.sync_down(storage, self._region, uri, [folder]):
                raise transfer.TransferError(f"nothing lies below {uri}")
        except transfer.TransferError as error:
            raise DeployFailed(f"variant {variant.name!r}: model data could not be fetched: {error}") from error

    def _drain(self, servers: list[ModelServer]) -> None:
        deadline = time.monotonic() + DRAIN_S
        while any(server.in_flight for server in servers) and time.monotonic() < deadline and not self._cancelled.wait(0.05):
            pass

    def _discard(self, deployment: Deployment) -> None:
        self._stop(deployment.servers)
        for variant in deployment.variants.values():
            if variant.model_folder is not None:
                shutil.rmtree(variant.model_folder, ignore_errors=True)

    def _stop(self, servers: list[ModelServer]) -> None:
        stop_all(servers, self._shared.limits.server_grace_s)
        with self._lock:
            self._servers.difference_update(servers)
