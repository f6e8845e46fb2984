"""The folders of run-time files: the repository's `.slipway/` (or `$SLIPWAY_HOME`), and a cache that several checkouts share."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.base.naming import PROJECT

REPOSITORY: Final = Path(__file__).resolve().parents[2]


def home_path(env: Mapping[str, str] = os.environ) -> Path:
    """`$SLIPWAY_HOME`, else `.slipway/` in the repository. Absolute."""
    return Path(env["SLIPWAY_HOME"]).expanduser().resolve() if env.get("SLIPWAY_HOME") else REPOSITORY / ".slipway"


def stacks_path(env: Mapping[str, str] = os.environ) -> Path:
    """The folder of the stack files: `$SLIPWAY_STACKS` (a repository of their own), else the repository. Absolute."""
    return Path(env["SLIPWAY_STACKS"]).expanduser().resolve() if env.get("SLIPWAY_STACKS") else REPOSITORY


def cache_path(env: Mapping[str, str] = os.environ) -> Path:
    """`$SLIPWAY_CACHE`, else `slipway` under the user's cache folder (`$XDG_CACHE_HOME` or `~/.cache`). Absolute."""
    if env.get("SLIPWAY_CACHE"):
        return Path(env["SLIPWAY_CACHE"]).expanduser().resolve()
    base = Path(env["XDG_CACHE_HOME"]) if env.get("XDG_CACHE_HOME") else Path(env.get("HOME") or Path.home()) / ".cache"
    return base / "slipway"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPlace:
    """All paths of one stack. `mode` is `local` (the local cloud serves the stack) or `aws` (the genuine plug-ins do)."""

    home: Path
    mode: str
    stack: str

    @property
    def work(self) -> Path:
        """The engine's work directory, with copies of Pulumi.yaml and the stack file, so that the repository's stay untouched."""
        return self.home / "stacks" / self.mode / self.stack

    @property
    def backend(self) -> Path:
        return self.home / "state"

    @property
    def state_file(self) -> Path:
        return self.backend / ".pulumi" / "stacks" / PROJECT / f"{self.stack}.json"

    @property
    def history(self) -> Path:
        return self.backend / ".pulumi" / "history" / PROJECT / self.stack

    @property
    def engine_locks(self) -> Path:
        return self.backend / ".pulumi" / "locks" / "organization" / PROJECT / self.stack

    @property
    def lock_file(self) -> Path:
        return self.work / "run.lock"

    @property
    def good_copy(self) -> Path:
        """Our own copy of the newest state that was whole after a run."""
        return self.work / "last-good.json"

    @property
    def epoch_file(self) -> Path:
        """The file with the epoch of the local cloud in which the state was made; a restart of the cloud begins a new epoch."""
        return self.work / "epoch"

    @property
    def archive(self) -> Path:
        return self.work / "archive"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def passphrase_file(self) -> Path:
        return self.home / "passphrase"

    def prepare(self) -> None:
        """Makes the folders, and once the passphrase that encrypts secrets in the state (a file of mode 0600, never on argv).

        Only this user may read the folders (0700). The mode of the home itself is not changed: others may share that folder.
        """
        for folder in (self.home / "stacks", self.work, self.backend, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in (self.home / "stacks", self.backend, self.logs):
            if stat.S_IMODE(folder.stat().st_mode) & 0o077:
                folder.chmod(0o700)
        try:
            handle = os.open(self.passphrase_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32))
