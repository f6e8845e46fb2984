"""One state that a run saves and goes on from.

A checkpoint's name is a digest of all that decides the run's result (hyperparameters, data, format), so a run finds its own and
never another's, although SageMaker lets many jobs share one checkpoint prefix.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch

from workloads.data.batches import Split

FORMAT: Final = 1
# They change how a run goes, not what comes out.
WITHOUT_EFFECT: Final = frozenset({"checkpoint_every", "device"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run is: `step` steps of epoch `epoch` (both from 0) are done, their losses add up to `loss_sum`."""

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    train_loss: float = 0.0  # mean loss of the last whole epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    progress: Progress
    model: Mapping[str, Any]
    optimizer: dict[str, Any]


def path_for(folder: Path, hyperparameters: Mapping[str, Any], train: Split) -> Path:
    """The file of this run, in `folder`."""
    deciding = {key: value for key, value in sorted(hyperparameters.items()) if key not in WITHOUT_EFFECT}
    digest = hashlib.sha256(json.dumps([FORMAT, deciding]).encode())
    digest.update(train.pixels.tobytes())
    digest.update(train.labels.tobytes())
    return folder / f"digits-{digest.hexdigest()[:12]}.pt"


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write it so that a reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save({"progress": asdict(checkpoint.progress), "model": checkpoint.model, "optimizer": checkpoint.optimizer}, part)
    os.replace(part, path)


def load(path: Path) -> Checkpoint | None:
    """The saved state, or None when there is none. A damaged file is named on stderr and the run starts afresh."""
    if not path.is_file():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return Checkpoint(progress=Progress(**state["progress"]), model=state["model"], optimizer=state["optimizer"])
    except (RuntimeError, OSError, EOFError, KeyError, TypeError, ValueError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        print(f"note: checkpoint {path} is damaged ({reason}); starting afresh", file=sys.stderr, flush=True)
        return None


def remove(path: Path) -> None:
    """A run that is done needs no way back; the next run of the same settings starts afresh."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
