"""What the processes of a run tell each other about checkpoints, in a process group of its own.

Of its own, because writes talk in the background while the training talks in the main thread, and two threads in one group mix up
their messages. Over gloo also where the training uses NCCL: objects are told, and a GPU has no part in them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

import torch.distributed as dist

from workloads.training.checkpoint_errors import CheckpointError
from workloads.training.distributed import Place

# The slowest process's write may be so much later than the quickest's.
PATIENCE: Final = timedelta(minutes=30)
T = TypeVar("T")


class Agreement:
    """Alone, it works without any of it."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._group: Any = None

    @property
    def group(self) -> Any:
        """The group; None for a process alone. Made at the first use, which is every process's."""
        if self._group is None and self._place.world_size > 1:
            self._group = dist.new_group(backend="gloo", timeout=PATIENCE)
        return self._group

    def all(self, value: T) -> list[T]:
        """What every process says, by rank."""
        if self._place.world_size == 1:
            return [value]
        said: list[Any] = [None] * self._place.world_size
        dist.all_gather_object(said, value, group=self.group)
        return said

    def from_leader(self, make: Callable[[], T]) -> T:
        """What the leader makes, on every process. Its `CheckpointError` is raised on every process too."""
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
