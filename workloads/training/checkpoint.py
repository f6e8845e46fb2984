"""What a run saves while it trains, and how it resumes: the checkpoints `<where>/<run>/step-00000120/`.

A step's folder holds files of `torch.distributed.checkpoint` (every process writes its share, any number of processes can read
them) and `manifest.json`, written last: with it the checkpoint is whole. Saving copies the state into CPU memory, all that the
training waits for, and writes in the background. Loading checks every byte, and goes back to the one before when one is damaged.

A run's name is a digest of all that decides its result, so that it finds its own checkpoints and never another's, although
SageMaker lets many jobs share one prefix. Nothing of `torch.distributed.checkpoint` is imported before something is saved or
found: it costs seconds.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from workloads.training.checkpoint_agreement import Agreement
from workloads.training.checkpoint_errors import CheckpointError
from workloads.training.checkpoint_files import CheckpointFiles
from workloads.training.checkpoint_manifest import FORMAT, MANIFEST, Manifest, NotWholeError, Progress
from workloads.training.distributed import Place

__all__ = ["WITHOUT_EFFECT", "CheckpointError", "Checkpoints", "Found", "Progress", "run_id"]

# Settings that change how and where a run goes, and not its result, save for the last bits of a sum in another order.
WITHOUT_EFFECT: Final = frozenset(
    {
        *("checkpoint_every", "checkpoint_seconds", "checkpoint_uri", "checkpoint_keep", "log_every", "device"),
        *("replicate", "shard", "tensor", "pipeline", "pipeline_microbatches", "accumulation"),
        *("activation_checkpointing", "compile", "data_uri"),
    }
)
# A run ends when this many background writes have failed one after the other; when none has succeeded yet, after one.
FAILURES_IN_A_ROW: Final = 3
# A save that waits longer than this for the write before it prints a note.
LONG_WAIT_S: Final = 1.0


def run_id(settings: Mapping[str, Any], data_identity: str, *, name: str = "run") -> str:
    """`<name>-<12 hex digits>`, from all that decides the result: settings, data (a digest or a version of it), this format.

    What is in `WITHOUT_EFFECT` is left out, so a run resumes on another number of processes, cut another way.
    """
    deciding = {key: value for key, value in sorted(settings.items()) if key not in WITHOUT_EFFECT}
    digest = hashlib.sha256(json.dumps([FORMAT, deciding, data_identity], sort_keys=True, default=str).encode())
    return f"{name}-{digest.hexdigest()[:12]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A checkpoint with a whole manifest and files of the right sizes. Its bytes are checked when it is loaded."""

    step: int
    address: str
    manifest: Manifest
    older: tuple[int, ...] = ()  # earlier steps that have a manifest too

    @property
    def progress(self) -> Progress:
        return self.manifest.progress


@dataclass(slots=True, kw_only=True)
class _Flight:
    """A write in the background."""

    step: int
    landed: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


class Checkpoints:
    """The checkpoints of one run. Every method but `busy` is called by all processes at the same point; `state` is
    `{"model": …, "optimizer": …}` as `torch.distributed.checkpoint.state_dict.get_state_dict` gives it.

    `where` is a folder or `s3://bucket/prefix`; the `keep` newest whole checkpoints stay. With several hosts a folder must be one
    that all of them see, or one that is merged before the next start, as SageMaker does with /opt/ml/checkpoints.
    """

    def __init__(self, where: str | Path, run: str, *, place: Place, keep: int = 2) -> None:
        self._files = CheckpointFiles(where, run)
        self._run, self._place, self._keep = run, place, max(1, keep)
        self._among = Agreement(place)
        self._stager: Any = None
        self._flight: _Flight | None = None
        self._whole: list[int] = []  # steps known to be whole, oldest first, the same on every process
        self._damaged: set[int] = set()
        self._noted: set[str] = set()
        self._saved = False
        self._failed = 0

    @property
    def busy(self) -> bool:
        """Whether a write is in the background. The leader may put off a checkpoint that only time asks for."""
        return self._flight is not None and not self._flight.landed.is_set()

    def newest(self) -> Found | None:
        """The newest whole checkpoint, None for a run that has none. Damaged ones are named on stderr with their fault.

        Also tries whether `where` can be written to, so that a run fails now and not after an hour. Raises `CheckpointError` when
        it cannot be written to or read.
        """
        self._settle()
        faults = self._among.all(self._fault_of_writing())
        if fault := next(filter(None, faults), None):
            raise CheckpointError(fault)
        return self._among.from_leader(lambda: next(self._candidates(), None))

    def load(self, state: dict[str, Any]) -> Progress | None:
        """Read the newest intact checkpoint into `state`, in place, and give its progress. Without one: None, `state` untouched.

        Raises `CheckpointError` when bytes that were as written do not fit `state`, and no older checkpoint does.
        """
        self._settle()
        misfit = ""
        while found := self._among.from_leader(lambda: next(self._candidates(), None)):
            fault = self._damage(found) or (misfit := self._read(found, state))
            if not fault:
                self._whole = sorted({*found.older, found.step} - self._damaged)
                return found.progress
            self._damaged.add(found.step)
            self._note(f"checkpoint {found.address} is skipped: {fault}")
        if misfit:
            raise CheckpointError(
                f"no checkpoint of {self._run} in {self._files.root} can be read into this model: {misfit} "
                "Remove that folder to start afresh, or use the image and settings it was written with."
            )
        return None

    def save(self, progress: Progress, state: Mapping[str, Any], *, wait: bool = False) -> None:
        """Copy `state`, then write it in the background; `wait` for a checkpoint that must be whole before the process ends.

        A former write still in the background is waited for: a second copy of the state may not fit into memory, and a checkpoint
        asked for at a step is then one of that step, on every process. Raises `CheckpointError` for the former write's failure
        when none has ever succeeded or `FAILURES_IN_A_ROW` have failed, and, with `wait`, for this one's.
        """
        self._land(last=False)
        # DCP costs seconds to import, so a run that saves nothing does not import it.
        from workloads.training import checkpoint_storage as storage

        if self._stager is None or not storage.stager_lasts():
            self._stager = storage.stager(self._place.device)
        flight = _Flight(step=progress.step)
        future = storage.write(
            dict(state),
            storage.writer(self._files, progress, place=self._place, run=self._run),
            stager=self._stager,
            group=self._among.group,
        )
        self._flight = flight
        future.add_done_callback(lambda future: self._landed(flight, future))
        if wait:
            self._land(last=True, must=True)

    def finish(self) -> None:
        """Wait for the write in the background; for a run stopped before it is done. Raises `CheckpointError` as `save` does."""
        try:
            self._land(last=True)
        finally:
            self._close()

    def remove(self) -> None:
        """Remove the checkpoints of a run that is done, after the write in the background. A failure is only noted on stderr."""
        self._settle()
        self._flight = None
        self._close()
        self._among.all(None)  # once all processes are here, none writes any more
        if self._removes:
            try:
                self._files.remove_all()
            except CheckpointError as error:
                self._note(f"the run's checkpoints stay: {error}")

    def _settle(self) -> None:
        """Wait until this process's background write has ended and its group is free."""
        if self._flight is not None:
            self._flight.landed.wait()

    @property
    def _removes(self) -> bool:
        """Whether this process removes checkpoints: the leader where all hosts see the same files, else one process a host."""
        return self._place.leads if self._files.shared else self._place.local_rank == 0

    def _fault_of_writing(self) -> str:
        if self._removes:
            try:
                self._files.probe()
            except CheckpointError as error:
                return str(error)
        return ""

    def _candidates(self) -> Iterator[Found]:
        """Whole checkpoints, newest first. Called on the leader only."""
        listed = self._files.steps()
        for step in sorted(listed.keys() - self._damaged, reverse=True):
            address = self._files.address(step)
            try:
                if MANIFEST not in listed[step]:
                    raise NotWholeError(f"half-written: it has no {MANIFEST}")
                manifest = Manifest.parse(self._files.read(step, MANIFEST))
                manifest.compare_sizes(listed[step])
            except NotWholeError as error:
                self._note(f"checkpoint {address} is skipped: {error}")
                continue
            older = tuple(sorted(other for other, files in listed.items() if other < step and MANIFEST in files))
            yield Found(step=step, address=address, manifest=manifest, older=older)
        if not listed and (others := self._files.other_runs()):
            shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
            self._note(
                f"{self._files.folder} has no checkpoint of this run ({self._run}), only of {shown}, whose settings, data or "
                "architecture differ; starting afresh"
            )

    def _damage(self, found: Found) -> str:
        """What is wrong with the checkpoint's bytes, "" for nothing: the processes share the reading, and agree."""
        sharers = (self._place.rank, self._place.world_size)
        if not self._files.shared:  # every host has its own copy, and checks all of it
            sharers = (self._place.local_rank, self._place.local_world_size)
        own = sorted(found.manifest.files)[sharers[0] :: sharers[1]]
        fault = ""
        for name in own:
            try:
                found.manifest.compare(name, self._files.digest(found.step, name))
            except (NotWholeError, CheckpointError) as error:
                fault = str(error)
                break
        return next(filter(None, self._among.all(fault)), "")

    def _read(self, found: Found, state: dict[str, Any]) -> str:
        from workloads.training import checkpoint_storage as storage

        return storage.read(state, self._files, found.step, group=self._among.group)

    def _landed(self, flight: _Flight, future: Future[Any]) -> None:
        """Called in the background thread when the write has ended, which it does the same way on every process."""
        try:
            flight.error = future.exception()
            if flight.error is None:
                self._whole = [*(step for step in self._whole if step != flight.step), flight.step]
                self._tidy()
        except BaseException as error:  # whatever the error is, the main thread waits for `landed`
            flight.error = error
        finally:
            flight.landed.set()

    def _tidy(self) -> None:
        """Remove all checkpoints but the newest `keep`, half-written ones included."""
        self._whole = self._whole[-self._keep :]
        if self._removes:
            try:
                for step in self._files.steps().keys() - set(self._whole):
                    self._files.remove(step)
            except CheckpointError as error:
                self._note(f"older checkpoints stay: {error}")

    def _land(self, *, last: bool, must: bool = False) -> None:
        """Wait for the write in the background and judge it; with `must`, a failure raises also when earlier writes succeeded."""
        flight, self._flight = self._flight, None
        if flight is None:
            return
        begun = time.monotonic()
        flight.landed.wait()
        waited = time.monotonic() - begun
        if flight.error is None:
            self._saved, self._failed = True, 0
            if waited > LONG_WAIT_S and not last:
                self._note(
                    f"waited {waited:.0f} s for the checkpoint of step {flight.step}; they are asked for faster than written"
                )
            return
        self._failed += 1
        from workloads.training import checkpoint_storage as storage

        reason = storage.reason(flight.error)
        what = f"the checkpoint of step {flight.step} could not be written"
        if must or not self._saved or self._failed >= FAILURES_IN_A_ROW:
            times = f", nor the {self._failed - 1} before it" if self._failed > 1 else ""
            raise CheckpointError(f"{what}{times}: {reason}")
        self._note(
            f"{what} ({self._failed} in a row; {FAILURES_IN_A_ROW} end the run): {reason}. "
            f"Training goes on; the last whole one is of step {max(self._whole, default=0)}"
        )

    def _close(self) -> None:
        if self._stager is not None:
            self._stager.close()
            self._stager = None

    def _note(self, text: str) -> None:
        if self._place.leads and text not in self._noted:
            self._noted.add(text)
            print(f"note: {text}", file=sys.stderr, flush=True)
