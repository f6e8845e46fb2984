"""Writes and reads checkpoints by `torch.distributed.checkpoint` (DCP). It costs seconds to import: only saves and loads do so.

The writers digest what they write while they write it. Every process's digests travel to the leader with DCP's own results, and
the leader's last act, inside DCP's protocol, is the manifest: so a save ends the same way on every process.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import warnings
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, Final

import torch
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.filesystem import FileSystemBase, FileSystemReader, FileSystemWriter
from torch.distributed.checkpoint.metadata import Metadata, MetadataIndex
from torch.distributed.checkpoint.planner import SavePlan, SavePlanner
from torch.distributed.checkpoint.staging import DefaultStager, StagingOptions
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import async_save
from torch.distributed.checkpoint.storage import StorageReader, StorageWriter, WriteResult

from workloads.stores.s3_requests import own_endpoint, own_region
from workloads.training.checkpoint_errors import CheckpointError, reason_of
from workloads.training.checkpoint_files import CheckpointFiles
from workloads.training.checkpoint_manifest import MANIFEST, File, Manifest, Progress
from workloads.training.distributed import Place

# Under this name a process's digests travel among DCP's results.
_FILES: Final = MetadataIndex("slipway.files")
# CRT gives up an attempt when nothing moves for 30 s. Three of them end before SageMaker's 120 s after SIGTERM do.
S3_ATTEMPTS: Final = 3

# A process that trains alone has no process group, and means it.
warnings.filterwarnings("ignore", message="torch.distributed is disabled, unavailable or uninitialized")


def stager_lasts(version: str = torch.__version__) -> bool:
    """Whether a stager can copy more than once. From PyTorch 2.11 on the second copy failed, which was mended before 2.15.

    https://github.com/pytorch/pytorch/issues/183413
    """
    major, minor = (int(part) for part in version.split(".")[:2])
    return not (2, 11) <= (major, minor) < (2, 15)


def stager(device: torch.device) -> DefaultStager:
    """What copies a state into CPU memory, pinned when the state is on a GPU; it reuses that memory for the next copy."""
    cuda = device.type == "cuda"
    return DefaultStager(
        StagingOptions(use_pinned_memory=cuda, use_shared_memory=False, use_async_staging=False, use_non_blocking_copy=cuda)
    )


def writer(files: CheckpointFiles, progress: Progress, *, place: Place, run: str) -> StorageWriter:
    manifest = Manifest(run=run, progress=progress, world_size=place.world_size, torch=torch.__version__, files={})
    clears = place.leads if files.shared else place.local_rank == 0
    make = _s3_writer if files.shared else _FolderWriter
    return make(files, manifest, clears=clears)


def write(state: dict[str, Any], writer: StorageWriter, *, stager: DefaultStager, group: Any) -> Future[Any]:
    """Copy the state, and write it in a thread. Nothing else may use `group` meanwhile; it is None for a process alone."""
    future = async_save(state, storage_writer=writer, process_group=group, async_stager=stager, no_dist=group is None)
    assert isinstance(future, Future)
    return future


def read(state: dict[str, Any], files: CheckpointFiles, step: int, *, group: Any) -> str:
    """Fill `state` in place. Returns why that failed, "" when it did not; the same on every process."""
    try:
        load(state, storage_reader=_reader(files, step), process_group=group, no_dist=group is None)
    except CheckpointException as error:
        return reason(error)
    except Exception as error:  # a process alone; DCP has dozens of kinds
        return reason(error)
    return ""


def reason(error: BaseException) -> str:
    """The first process's own words, out of DCP's report on all of them."""
    if isinstance(error, CheckpointException):
        rank, (cause, _) = min(error.failures.items())
        return str(cause) if isinstance(cause, CheckpointError) else f"rank {rank}: {type(cause).__name__}: {_first_line(cause)}"
    return str(error) if isinstance(error, CheckpointError) else f"{type(error).__name__}: {_first_line(error)}"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0][:500]


class _Manifested:
    """What our writers add to DCP's: they remove an earlier attempt first, digest what they write, and end with the manifest."""

    files: CheckpointFiles
    manifest: Manifest
    clears: bool
    fs: Any

    def _adopt(self, files: CheckpointFiles, manifest: Manifest, *, clears: bool) -> None:
        self.files, self.manifest, self.clears = files, manifest, clears
        self.fs = _Digesting(self.fs)

    def prepare_local_plan(self, plan: SavePlan) -> SavePlan:
        with self._words():
            step = self.manifest.progress.step
            # Half of an earlier attempt may lie there. No process writes before all have planned, so this removes nothing new.
            if self.clears and step in self.files.steps():
                self.files.remove(step)
            prepared: SavePlan = super().prepare_local_plan(plan)  # type: ignore[misc]
            return prepared

    def write_data(self, plan: SavePlan, planner: SavePlanner) -> torch.futures.Future[list[WriteResult]]:
        with self._words():
            results = super().write_data(plan, planner).value()  # type: ignore[misc]
            results.append(WriteResult(index=_FILES, size_in_bytes=0, storage_data=dict(self.fs.files)))
            future: torch.futures.Future[list[WriteResult]] = torch.futures.Future()
            future.set_result(results)
            return future

    def finish(self, metadata: Metadata, results: list[list[WriteResult]]) -> None:
        """DCP calls this on the leader alone, after all processes have written."""
        with self._words():
            files: dict[str, File] = {}
            for result in (result for those in results for result in those if result.index == _FILES):
                files |= result.storage_data
            super().finish(metadata, [[one for one in those if one.index != _FILES] for those in results])  # type: ignore[misc]
            files |= self.fs.files
            written = {
                **{name: getattr(self.manifest, name) for name in ("run", "progress", "world_size", "torch")},
                "files": files,
            }
            self.files.write(self.manifest.progress.step, MANIFEST, Manifest(**written).encode())

    @contextlib.contextmanager
    def _words(self) -> Iterator[None]:
        """Turns any error into a `CheckpointError`: DCP pickles errors for other processes, and not every exception can be."""
        try:
            yield
        except CheckpointError:
            raise
        except Exception as error:
            # PyTorch's C++ writer raises an error about its own state instead of the one that the stream raised.
            cause = self.fs.error or error
            raise CheckpointError(reason_of(cause, self.files.address(self.manifest.progress.step), "written to")) from None


class _FolderWriter(_Manifested, FileSystemWriter):
    def __init__(self, files: CheckpointFiles, manifest: Manifest, *, clears: bool) -> None:
        super().__init__(files.address(manifest.progress.step), per_thread_copy_ahead=0)  # the state is in CPU memory already
        self._adopt(files, manifest, clears=clears)


def _s3_writer(files: CheckpointFiles, manifest: Manifest, *, clears: bool) -> StorageWriter:
    from s3torchconnector.dcp import S3StorageWriter

    class _S3Writer(_Manifested, S3StorageWriter):
        def __init__(self) -> None:
            super().__init__(
                _region(), files.address(manifest.progress.step), s3client_config=_s3_config(), per_thread_copy_ahead=0
            )
            self._adopt(files, manifest, clears=clears)

    return _S3Writer()


def _reader(files: CheckpointFiles, step: int) -> StorageReader:
    if not files.shared:
        return FileSystemReader(files.address(step))
    from s3torchconnector.dcp import S3StorageReader

    return S3StorageReader(_region(), files.address(step), s3client_config=_s3_config())


def _region() -> str:
    """The connector's client asks for a region also where the environment names none."""
    return own_region() or "us-east-1"


def _s3_config() -> Any:
    from s3torchconnector import S3ClientConfig

    # Another S3 than AWS's is reached by path, as by boto3; the connector finds its address in AWS_ENDPOINT_URL by itself.
    return S3ClientConfig(force_path_style=own_endpoint() is not None, max_attempts=S3_ATTEMPTS)


class _Digesting:
    """A file system of DCP's that knows size and SHA-256 of what was written through it."""

    def __init__(self, inner: FileSystemBase) -> None:
        self._inner = inner
        self.files: dict[str, File] = {}
        self.error: BaseException | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @contextlib.contextmanager
    def create_stream(self, path: Any, mode: str) -> Iterator[Any]:
        with self._inner.create_stream(path, mode) as stream:
            tee = _Tee(stream, self)
            yield tee
        self.files[os.path.basename(str(path))] = File(bytes=tee.size, sha256=tee.digest.hexdigest())

    def rename(self, old_path: Any, new_path: Any) -> None:
        self._inner.rename(old_path, new_path)
        self.files[os.path.basename(str(new_path))] = self.files.pop(os.path.basename(str(old_path)))


class _Tee:
    """A stream that digests what goes through it, and remembers what went wrong."""

    def __init__(self, stream: Any, owner: _Digesting) -> None:
        self._stream, self._owner = stream, owner
        self.size, self.digest = 0, hashlib.sha256()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, data: Any) -> int:
        try:
            self._stream.write(data)
        except BaseException as error:
            self._owner.error = self._owner.error or error
            raise
        self.digest.update(data)
        size = memoryview(data).nbytes
        self.size += size
        return size
