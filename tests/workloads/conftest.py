"""One real training run a session, for every test that needs a trained model."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.workloads.support import DIGITS


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
    """The digits workload with its defaults, on the committed data, in this process."""
    from workloads.training import cli, trainer
    from workloads.training.stopping import StopRequest

    folder = tmp_path_factory.mktemp("trained")
    output = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(output):
        patch.setenv("OMP_NUM_THREADS", "1")  # the machine is shared with other tests
        task, settings, paths = cli.read_arguments(["digits", "--data", str(DIGITS), "--out", str(folder)])
        metrics = trainer.train(task, settings, paths, StopRequest())
    assert metrics is not None
    return Trained(folder=folder, output=output.getvalue(), metrics=dict(metrics))
