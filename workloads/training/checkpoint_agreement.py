"""What the processes of a run exchange about checkpoints, in a process group made for it.

The training's own group would not do: checkpoints are written in a background thread while the training's collectives run in the
main one, and two threads in one group mix up their messages. The group uses gloo also where the training uses NCCL, because
Python objects are exchanged, which need no GPU.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

import torch.distributed as dist

from workloads.training.checkpoint_errors import CheckpointError
from workloads.training.distributed import Place

# The slowest process may end its write this much later than the quickest.
PATIENCE: Final = timedelta(minutes=30)
T = TypeVar("T")


class Agreement:
    """Exchanges between the processes of a run. A process alone exchanges nothing, and no group is made."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._group: Any = None

    @property
    def group(self) -> Any:
        """The process group; None for a process alone. All processes make it together, at its first use."""
        if self._group is None and self._place.world_size > 1:
            self._group = dist.new_group(backend="gloo", timeout=PATIENCE)
        return self._group

    def all(self, value: T) -> list[T]:
        """Every process's value, by rank."""
        if self._place.world_size == 1:
            return [value]
        values: list[Any] = [None] * self._place.world_size
        dist.all_gather_object(values, value, group=self.group)
        return values

    def from_leader(self, make: Callable[[], T]) -> T:
        """What the leader's `make` returns, on every process. Its `CheckpointError` is raised on every process too."""
        box: list[Any] = [None, None]
        if self._place.leads:
            try:
                box[0] = make()
            except CheckpointError as error:
                box[1] = str(error)
        if self._place.world_size > 1:
            dist.broadcast_object_list(box, src=0, group=self.group)
        if box[1] is not None:
            raise CheckpointError(box[1])
        value: T = box[0]
        return value
