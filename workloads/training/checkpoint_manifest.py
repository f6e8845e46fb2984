"""`manifest.json`: what a whole checkpoint consists of. It is written last: a checkpoint is whole with it only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from workloads.stores.store import Digest

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"


class NotWholeError(Exception):
    """A checkpoint that is half-written, damaged or of another format; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run is: `step` steps are done in all, `step_in_epoch` of them in epoch `epoch` (both from 0).

    `rows` are the samples seen in all, `loss_sum` adds up the losses of this epoch's steps, `train_loss` is the mean loss of the
    last whole epoch, `more` is for a task's own numbers.
    """

    step: int = 0
    epoch: int = 0
    step_in_epoch: int = 0
    rows: int = 0
    loss_sum: float = 0.0
    train_loss: float = 0.0
    more: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`files` are all of the checkpoint but the manifest itself, by name."""

    run: str
    progress: Progress
    world_size: int
    torch: str
    files: Mapping[str, File]
    format: int = FORMAT

    def encode(self) -> bytes:
        return (json.dumps(asdict(self), indent=1, sort_keys=True) + "\n").encode()

    @classmethod
    def parse(cls, text: bytes) -> Manifest:
        """The manifest in `text`. Raises `NotWholeError` for text that is no manifest of this format."""
        try:
            value: Any = json.loads(text)
        except ValueError as error:
            raise NotWholeError(f"{MANIFEST} is not JSON ({error})") from None
        if not isinstance(value, dict):
            raise NotWholeError(f"{MANIFEST} holds a JSON {type(value).__name__}, not an object")
        if value.get("format") != FORMAT:
            raise NotWholeError(f"{MANIFEST} has format {value.get('format')!r}, and this image reads {FORMAT}")
        try:
            files = {str(name): File(**entry) for name, entry in value["files"].items()}
            manifest = cls(**{**value, "progress": Progress(**value["progress"]), "files": files})
        except (KeyError, TypeError, AttributeError) as error:
            raise NotWholeError(f"{MANIFEST} is not as this image writes it ({type(error).__name__}: {error})") from None
        if not files:
            raise NotWholeError(f"{MANIFEST} names no files")
        return manifest

    def compare_sizes(self, sizes: Mapping[str, int]) -> None:
        """Raises `NotWholeError` unless every file is there with its size, by a listing (name -> bytes)."""
        for name, file in sorted(self.files.items()):
            if name not in sizes:
                raise NotWholeError(f"{name} is missing")
            if sizes[name] != file.bytes:
                raise NotWholeError(f"{name} has {sizes[name]} of {file.bytes} bytes")

    def compare(self, name: str, digest: Digest) -> None:
        """Raises `NotWholeError` unless the file is the one that was written."""
        self.compare_sizes({**{other: file.bytes for other, file in self.files.items()}, name: digest.size})
        if digest.sha256 != self.files[name].sha256:
            raise NotWholeError(f"{name} is not what was written (its SHA-256 differs)")
