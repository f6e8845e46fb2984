"""SageMaker that runs: wires jobs of all kinds, endpoints, invocations, capture and scaling to one moto in one process."""

from __future__ import annotations

import logging
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localcloud.kernel.account import ACCOUNT
from localcloud.services.sagemaker.capture import Capture
from localcloud.services.sagemaker.endpoints import Endpoints
from localcloud.services.sagemaker.invoke import Invoker
from localcloud.services.sagemaker.jobs import Jobs
from localcloud.services.sagemaker.limits import Limits
from localcloud.services.sagemaker.logs import LogShipper, moto_sink
from localcloud.services.sagemaker.middleware import Middleware, Wsgi
from localcloud.services.sagemaker.processing import Processing
from localcloud.services.sagemaker.scaling import Autoscaler
from localcloud.services.sagemaker.shared import Shared
from localcloud.services.sagemaker.transfer import Storage
from localcloud.services.sagemaker.tuning import Tuning


class SageMakerRuntime:
    """Real processes behind moto's SageMaker.

    `home` is the folder for jobs/ and endpoints/; `endpoint_url` where this very daemon answers (a function when the port is
    not known yet); `repository` the tree that holds `workloads/`. Use: `app = runtime.wrap(moto_app)`, serve `app`, then
    `start()`; `stop()` before the server is shut down, since captured data still goes to S3 through it.
    """

    def __init__(
        self,
        home: Path,
        endpoint_url: Callable[[], str] | str,
        *,
        repository: Path,
        account: str = ACCOUNT,
        python: str = sys.executable,
        limits: Limits | None = None,
    ) -> None:
        url = endpoint_url if callable(endpoint_url) else lambda: endpoint_url
        limits = limits or Limits()
        storage = Storage(url)
        self._logs = LogShipper(moto_sink(account), limits.log_period_s)
        self._shared = Shared(
            home=Path(home).resolve(),
            endpoint_url=url,
            account=account,
            python=python,
            repository=Path(repository).resolve(),
            limits=limits,
            storage=storage,
            logs=self._logs,
        )
        slots = threading.BoundedSemaphore(limits.jobs)  # training and processing jobs share the machine
        self._jobs = Jobs(self._shared, slots)
        self._processing = Processing(self._shared, slots)
        self._tuning = Tuning(self._shared)
        self._endpoints = Endpoints(self._shared)
        self._capture = Capture(storage.put, limits.capture_period_s, note=logging.getLogger(__name__).warning)
        self._invoker = Invoker(self._shared, self._endpoints, self._capture)
        self._scaler = Autoscaler(self._shared, self._endpoints, self._invoker.traffic)

    def wrap(self, app: Wsgi) -> Middleware:
        """moto's WSGI application with SageMaker's running parts in front."""
        return Middleware(
            app,
            self._shared,
            jobs=self._jobs,
            endpoints=self._endpoints,
            invoker=self._invoker,
            others={**self._processing.operations, **self._tuning.operations},
            on_reset=self.reset,
        )

    def start(self) -> None:
        """Starts the background threads, and brings up what moto's state says is there (after a restart of the daemon)."""
        shutil.rmtree(self._shared.home / "endpoints", ignore_errors=True)  # no server outlives its daemon
        self._logs.start()
        self._capture.start()
        self._scaler.start()
        self._jobs.adopt()
        self._processing.adopt()
        self._tuning.adopt()
        self._endpoints.adopt()

    def reset(self) -> None:
        """Ends and forgets all jobs and endpoints; the runtime goes on. For a cloud that is emptied."""
        grace = self._shared.limits.shutdown_grace_s
        self._capture.flush()
        self._endpoints.shutdown(grace)
        self._tuning.kept.shutdown(grace + 1, forget=True)
        self._processing.kept.shutdown(grace + 1, forget=True)
        self._jobs.kept.shutdown(grace + 1, forget=True)

    def stop(self) -> None:
        """Ends every process (about 5 s at most) and writes what is still to be written."""
        grace = self._shared.limits.shutdown_grace_s
        self._scaler.stop()
        self._tuning.kept.interrupt_all()
        self._jobs.kept.interrupt_all()
        self._processing.kept.interrupt_all()
        self._endpoints.shutdown(grace)
        self._tuning.kept.shutdown(grace + 1)
        self._jobs.kept.shutdown(grace + 1)
        self._processing.kept.shutdown(grace + 1)
        self._capture.stop()
        self._logs.stop()

    def status(self) -> dict[str, Any]:
        """`{"jobs": [...], "endpoints": [...], "pids": [...], "limits": {...}}`; pids are the containers' supervisors."""
        jobs = [run.status() for run in self._jobs.kept.running()]
        jobs += [run.status() for run in self._processing.kept.running()]
        endpoints = self._endpoints.status()
        pids = [pid for job in jobs for pid in job["pids"]]
        pids += [pid for endpoint in endpoints for variant in endpoint["variants"].values() for pid in variant["pids"]]
        limits = self._shared.limits
        return {
            "jobs": jobs,
            "endpoints": endpoints,
            "pids": sorted(pids),
            "limits": {"cores": limits.cores, "hosts_per_job": limits.hosts, "jobs": limits.jobs, "servers": limits.servers},
            "capture_dropped": self._capture.dropped,
        }
