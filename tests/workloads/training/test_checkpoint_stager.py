"""Checkpoints under a PyTorch whose stager copies once only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch.distributed.checkpoint.staging import DefaultStager

from tests.workloads.training.checkpoint_support import ALONE, RUN, resumed, state
from workloads.training import checkpoint_storage
from workloads.training.checkpoint import Checkpoints, Progress


@pytest.mark.parametrize(("version", "lasts"), [("2.10.0", True), ("2.11.0+cu130", False), ("2.14.1", False), ("2.15.0", True)])
def test_it_is_known_which_pytorch_s_stager_copies_once_only(version: str, lasts: bool) -> None:
    assert checkpoint_storage.stager_lasts(version) is lasts


def test_with_a_stager_that_copies_once_every_checkpoint_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = DefaultStager._stage

    def once(stager: Any, *given: Any, **more: Any) -> Any:
        try:
            return stage(stager, *given, **more)
        finally:
            stager._state_dict_stager.close()  # as PyTorch 2.11 does

    monkeypatch.setattr(DefaultStager, "_stage", once)
    monkeypatch.setattr(checkpoint_storage, "stager_lasts", lambda: False)
    checkpoints = Checkpoints(tmp_path, RUN, place=ALONE)
    for step in (1, 2, 3):
        checkpoints.save(Progress(step=step), state(float(step)), wait=True)
    checkpoints.finish()
    assert resumed(tmp_path) == (3, 3.0)
