"""Tests of workloads share one real training run and one S3 server (moto, over real HTTP)."""

from __future__ import annotations

import contextlib
import io
import itertools
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

from tests.workloads.s3_server import S3
from tests.workloads.support import DIGITS

# An example that takes long says only that the machine is busy.
hypothesis.settings.register_profile("without deadlines", deadline=None)
hypothesis.settings.load_profile("without deadlines")
# Tests compile little, and PyTorch's compile workers would each take seconds to import PyTorch, beside tests that need the cores.
os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")


# A quarter of the default: after four epochs 97 of 100 held-out digits are right.
EPOCHS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    folder: Path
    output: str
    metrics: dict[str, float]

    @property
    def model(self) -> Path:
        return self.folder / "model"


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The digits workload on the committed data, in this process, for as long as it takes to get most digits right."""
    from workloads.training import cli, trainer
    from workloads.training.stopping import StopRequest

    folder = tmp_path_factory.mktemp("trained")
    output = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(output):
        patch.setenv("OMP_NUM_THREADS", "1")  # the machine is shared with other tests
        task, settings, paths = cli.read_arguments(
            ["digits", "--data", str(DIGITS), "--out", str(folder), "--epochs", str(EPOCHS)]
        )
        metrics = trainer.train(task, settings, paths, StopRequest())
    assert metrics is not None
    return Trained(folder=folder, output=output.getvalue(), metrics=dict(metrics))


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").disabled = True
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield S3(endpoint=f"http://{host}:{port}")
    server.stop()


@pytest.fixture
def cloud(s3: S3, monkeypatch: pytest.MonkeyPatch) -> S3:
    """The environment of a job that has a role and reaches S3."""
    for name, value in s3.environment().items():
        monkeypatch.setenv(name, value)
    return s3


_numbers = itertools.count()


@pytest.fixture
def bucket(cloud: S3) -> str:
    """A new bucket's address."""
    name = f"bucket-{next(_numbers)}"
    cloud.client().create_bucket(Bucket=name)
    return f"s3://{name}"
