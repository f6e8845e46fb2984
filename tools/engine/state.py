"""The state file of a stack: checks that it is whole, replaces a broken one, and archives one of an earlier local cloud.

The engine's file backend keeps
`{"version", "checkpoint": {"stack", "latest": {"resources": [...], "pending_operations": [...]}}}`.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.types import engine
from tools.engine.home import StackPlace

# With less free space on the disk, the engine may fail to finish writing a state file.
LEAST_FREE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A resource in the state. The local cloud compares these with its own resources, to find those that no state knows."""

    urn: str
    id: str
    type: str

    def to_json(self) -> dict[str, str]:
        return {"urn": self.urn, "id": self.id, "type": self.type}


def read(path: Path) -> dict[str, Any] | None:
    """The state document as the engine wrote it; None where the file is missing, empty, cut short or no state."""
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    checkpoint = document.get("checkpoint") if isinstance(document, dict) else None
    if not isinstance(checkpoint, dict):
        return None
    latest = checkpoint.get("latest")
    # A stack that was never up has no `latest`.
    if latest is not None and not (isinstance(latest, dict) and isinstance(latest.get("resources", []), list)):
        return None
    return document


def resources(document: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The resources of a state document, as the engine writes them."""
    latest = ((document or {}).get("checkpoint") or {}).get("latest") or {}
    return list(latest.get("resources") or [])


def known(document: dict[str, Any] | None) -> list[Known]:
    """The custom resources that a state owns, without providers: those that stand for something in a cloud.

    A resource that the program only looks up (`external`) belongs to others, and one that waits for its replacement
    (`pendingReplacement`) is gone from the cloud.
    """
    return [
        Known(urn=item["urn"], id=item["id"], type=item["type"])
        for item in resources(document)
        if item.get("custom")
        and item.get("id")
        and not item["type"].startswith("pulumi:")
        and not (item.get("external") or item.get("pendingReplacement"))
    ]


def stack_outputs(document: dict[str, Any] | None) -> dict[str, Any]:
    """The stack's outputs as the state has them; secrets are still encrypted."""
    for item in resources(document):
        if item.get("type") == engine.STACK.token:
            return dict(item.get("outputs") or {})
    return {}


def repair(place: StackPlace) -> list[str]:
    """Makes the state readable before a run; returns what was done, as sentences.

    A file that is not whole is moved aside and the newest good copy (ours, the engine's `.bak`, its history) takes its place;
    where there is none the stack starts empty, and the local cloud hands back what it still has. Interrupted operations are
    taken out: the cloud is asked about them by urn when the run begins.
    """
    notes: list[str] = []
    path = place.state_file
    if path.exists() and read(path) is None:
        size = path.stat().st_size
        aside = _aside(place, "corrupt")
        os.replace(path, aside)
        Path(f"{path}.attrs").unlink(missing_ok=True)
        notes.append(f"the state file of stack {place.stack} is not whole ({size} bytes); it was moved to {aside}")
    if not path.exists() and (source := newest_good(place)) is not None and (notes or _was_up(place)):
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, read(source) or {})
        notes.append(f"the last good copy takes its place ({len(resources(read(path)))} resources, {_age(source)} old)")
    elif notes:
        notes.append("there is no good copy; the stack is built again from what the cloud still has")
    document = read(path)
    pending = (((document or {}).get("checkpoint") or {}).get("latest") or {}).pop("pending_operations", None)
    if pending and document is not None:
        write(path, document)
        notes.append(f"{len(pending)} operations of a run that was killed are settled with the cloud")
    return notes


def newest_good(place: StackPlace) -> Path | None:
    """The newest copy of the state that can be read; None where there is none."""
    history = place.history.glob("*.checkpoint.json") if place.history.is_dir() else []
    candidates = [place.good_copy, Path(f"{place.state_file}.bak"), *history]
    present = sorted((c for c in candidates if c.exists()), key=lambda c: c.stat().st_mtime, reverse=True)
    return next((c for c in present if read(c) is not None), None)


def save_good_copy(place: StackPlace) -> None:
    """Copies the state after a run to `place.good_copy`, if the state can be read."""
    if read(place.state_file) is None:
        return
    fresh = place.good_copy.with_suffix(".fresh")
    try:
        shutil.copyfile(place.state_file, fresh)
        os.replace(fresh, place.good_copy)
    except OSError:
        fresh.unlink(missing_ok=True)  # the disk is full, and the old copy is better than half a new one


def write(path: Path, document: dict[str, Any]) -> None:
    """Writes a state document in one rename."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(document, indent=4))
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(fresh, path)
    # The backend has a checksum of the old content in the file beside it, and would refuse the new content.
    Path(f"{path}.attrs").unlink(missing_ok=True)


def match_epoch(place: StackPlace, epoch: str) -> list[str]:
    """Archives the state where it was made in another epoch of the local cloud, which is empty after a restart.

    Returns what was done, as sentences. Afterwards the state, if any, belongs to `epoch`.
    """
    notes: list[str] = []
    stored = place.epoch_file.read_text().strip() if place.epoch_file.exists() else ""
    if stored and stored != epoch:
        count = len(known(read(place.state_file)))
        forget(place)
        if count:
            notes.append(
                f"the local cloud was restarted and is empty: stack {place.stack} begins anew ({count} resources are gone)"
            )
    if stored != epoch:
        place.epoch_file.parent.mkdir(parents=True, exist_ok=True)
        place.epoch_file.write_text(epoch)
    return notes


def forget(place: StackPlace) -> None:
    """Archives the state and removes its copies, so that the stack starts empty. The ten newest archives stay."""
    if place.state_file.exists():
        os.replace(place.state_file, _aside(place, "state"))
    for path in (
        place.good_copy,
        *(Path(f"{place.state_file}{suffix}") for suffix in (".attrs", ".bak", ".bak.attrs")),
    ):
        path.unlink(missing_ok=True)
    if place.history.is_dir():
        shutil.rmtree(place.history)
    for old in sorted(place.archive.glob("*.json"), key=lambda p: p.stat().st_mtime)[:-10]:
        old.unlink(missing_ok=True)


def disk_fault(place: StackPlace) -> str:
    """The fault of a disk that is too full for a run; "" where there is room."""
    free = shutil.disk_usage(place.home).free
    if free >= LEAST_FREE_BYTES:
        return ""
    return (
        f"the disk of {place.home} has {free / 1e6:.0f} MB left, too little to write the state safely. Free some space "
        f"(at least {LEAST_FREE_BYTES / 1e6:.0f} MB), or point SLIPWAY_HOME at another disk."
    )


def _was_up(place: StackPlace) -> bool:
    """Whether the copy of the state has resources: only then is a missing state file a loss."""
    return bool(known(read(place.good_copy)))


def _aside(place: StackPlace, why: str) -> Path:
    place.archive.mkdir(parents=True, exist_ok=True)
    return place.archive / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1_000_000:06d}-{why}.json"


def _age(path: Path) -> str:
    seconds = max(0.0, time.time() - path.stat().st_mtime)
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
