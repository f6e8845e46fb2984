"""The running cloud: AWS as this process emulates it, what was made in it, and the providers that engines attach to.

The daemon serves the cloud, and its control calls drive it.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
import uuid
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from localcloud.kernel import backend, inventory, schema, service_headers
from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.clients import in_process
from localcloud.kernel.engine import Engine
from localcloud.kernel.ledger import Entry, Ledger
from localcloud.kernel.sweep import Sweep, sweep
from localcloud.provider.aws import AwsProvider
from localcloud.provider.protocol import Attached, serve
from localcloud.services.gathered import additions, all_rows, emulated_aws, fronted, planned_refusals
from localcloud.services.sagemaker.runs import SageMakerRuntime

DEFAULT_REGION: Final = "us-east-1"
_REPOSITORY: Final = Path(__file__).resolve().parents[1]


class Cloud:
    """One account, empty at first. `home` is the folder of its jobs and endpoints; `endpoint` is where AWS's API is served.

    `epoch` names one life of the account: a reset begins another.
    """

    def __init__(self, home: Path, endpoint: str) -> None:
        self.epoch = uuid.uuid4().hex
        self.ledger = Ledger()
        self.recorder = emulated_aws()
        self.sagemaker = SageMakerRuntime(home, endpoint, account=ACCOUNT, python=sys.executable, repository=_REPOSITORY)
        self.application = fronted(self.sagemaker.wrap(self.recorder), self.recorder)
        rows = all_rows()
        clients = in_process(self.application, endpoint)
        self.engine = Engine(rows, schema.load(rows), clients, DEFAULT_REGION, ACCOUNT, refusals=planned_refusals())
        self._aws = AwsProvider(self.engine, self.ledger, importlib.metadata.version("pulumi-aws"))
        self.attached: tuple[Attached, ...] = (serve(self._aws),)

    @property
    def providers(self) -> dict[str, int]:
        """The ports of the providers by name."""
        return {each.name: each.port for each in self.attached}

    def start(self) -> None:
        """Starts what runs beside the requests."""
        self.sagemaker.start()

    def stop(self) -> None:
        """Ends every process of a job or an endpoint, then the providers."""
        self.sagemaker.stop()
        for each in self.attached:
            each.stop()

    def reset(self) -> None:
        """Empties the account and begins a new epoch."""
        self.sagemaker.stop()
        backend.reset()
        self.recorder.store.reset()
        self.ledger.reset()
        self.epoch = uuid.uuid4().hex
        self.sagemaker.start()

    def warm_up(self) -> None:
        """Loads service models and moto's backends before the first request needs them."""
        service_headers.services_signed_as("sts")  # reads the heads of all models
        for service in sorted({row.service for row in self.engine.rows.values()}):
            try:
                self.engine.clients(service, DEFAULT_REGION)
                importlib.import_module(f"moto.{service.replace('-', '')}")
            except ImportError:
                continue

    def regions(self) -> set[str]:
        """The regions in which something was made or an engine was configured."""
        made = {entry.outputs["region"] for entry in self.ledger.all() if isinstance(entry.outputs.get("region"), str)}
        return made | self._aws.regions

    def status(self) -> dict[str, Any]:
        """How many resources each stack has, and what runs."""
        return {"resources": dict(Counter(entry.stack for entry in self.ledger.all())), "sagemaker": self.sagemaker.status()}

    def coverage(self) -> tuple[list[str], list[str]]:
        """The types that behave, and those that are only recorded."""
        recorded = sorted(token for token, row in self.engine.rows.items() if row.recorded)
        return sorted(set(self.engine.rows) - set(recorded)), recorded

    def end_run(self, run: str, known: Iterable[tuple[str, str]] | None) -> Sweep:
        """Ends a run. With `known` (the state after a run that went well) what the cloud has besides is removed."""
        return sweep(self.engine, self.ledger, self.ledger.end(run, known))

    def free(self, stack: str) -> list[Entry]:
        """Makes every resource of a rehearsal one whose deletion is complete: protection is off, and nothing holds it back.

        Returns the resources whose row names properties for that (`freed`), with those properties set.
        """
        freed = []
        for entry in self.ledger.of_stack(stack):
            row = self.engine.row(entry.type)
            if row.emptied is not None:
                self.engine.empty(entry.type, entry.id, entry.outputs)
            if not row.freed or self.engine.read(entry.type, entry.id, {}, entry.outputs) is None:
                continue
            wanted = {**entry.outputs, **row.freed}
            if wanted != entry.outputs:
                outputs = self.engine.update(entry.type, entry.id, entry.outputs, wanted)
                self.ledger.keep(entry.urn, entry.type, entry.id, outputs)
            freed.append(entry)
        return freed

    def orphans(self, stack: str) -> list[tuple[str, str]]:
        """(service, id) of what still exists of the stack."""
        return inventory.orphans(self.engine, self.ledger, additions(), self.regions(), stack)
