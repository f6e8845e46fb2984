"""How the tools find, start and talk to the local cloud's daemon."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from localcloud.calls import (
    PROTOCOL_VERSION,
    Begin,
    Begun,
    Coverage,
    End,
    Ended,
    Freed,
    FreedResource,
    Known,
    OfStack,
    Orphan,
    Orphans,
    Status,
)
from localcloud.process import alive

_START_SECONDS = 60.0
_REPOSITORY = Path(__file__).resolve().parents[1]


class LocalCloudError(RuntimeError):
    """The local cloud cannot be reached or started; the message says what was found and the way out."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the engine as the cloud knows it. `missing` are urns that the state has and the cloud has not."""

    id: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CloudClient:
    """A running daemon. `providers` are the ports by the name of the provider that listens there."""

    home: Path
    endpoint: str
    providers: Mapping[str, int]
    pid: int
    epoch: str
    token: str = field(repr=False)
    version: int = PROTOCOL_VERSION

    def status(self) -> Status:
        return cast(Status, self._ask("status"))

    def coverage(self) -> Coverage:
        return cast(Coverage, self._ask("coverage"))

    def begin_run(self, stack: str, known: Iterable[Mapping[str, str]]) -> Run:
        """Tells the cloud what the state knows ({"urn", "id"} each), so that what a crash left is adopted and not doubled."""
        answer = cast(Begun, self._ask("begin", Begin(stack=stack, known=_known(known))))
        return Run(answer["run"], tuple(answer["missing"]))

    def end_run(self, run: Run | str, ok: bool, known: Iterable[Mapping[str, str]] | None = None) -> Ended:
        """Ends a run; after a good one, what the state does not know is removed. What could not be removed has its reason."""
        items = None if known is None else _known(known)
        return cast(Ended, self._ask("end", End(run=run if isinstance(run, str) else run.id, ok=ok, known=items)))

    def orphans(self, stack: str) -> list[Orphan]:
        """What the cloud still has of the stack."""
        return cast(Orphans, self._ask("orphans", OfStack(stack=stack)))["orphans"]

    def free(self, stack: str) -> list[FreedResource]:
        """Lifts what refuses or delays deletion in the cloud (protection, versions in a group), for a rehearsal that is to go.

        Returns the properties to set in the state, so that the deletions are complete (buckets with what is in them).
        """
        return cast(Freed, self._ask("free", OfStack(stack=stack)))["freed"]

    def reset(self) -> None:
        """Empties the cloud (a new epoch)."""
        self._ask("reset")

    def stop(self, seconds: float = 15.0) -> None:
        """Stops the daemon and waits until it is gone; after `seconds` it is killed."""
        try:
            self._ask("stop")
        except LocalCloudError:
            if not alive(self.pid):
                return
            os.kill(self.pid, signal.SIGTERM)
        end = time.monotonic() + seconds
        while alive(self.pid) and time.monotonic() < end:
            time.sleep(0.05)
        if alive(self.pid):
            os.kill(self.pid, signal.SIGKILL)

    def environment(self) -> dict[str, str]:
        """What boto3, the aws CLI and any SDK need to reach this cloud."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def _ask(self, verb: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.endpoint}/_slipway/{verb}",
            data=json.dumps(body or {}).encode(),
            headers={"X-Slipway-Token": self.token, "Content-Type": "application/json"},
        )
        try:
            with _OPENER.open(request, timeout=120) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            detail = error.read().decode(errors="replace")
            raise LocalCloudError(f"the local cloud refused `{verb}`: {detail}; its log is {self.home / 'daemon.log'}") from error
        except OSError as error:
            raise LocalCloudError(
                f"the local cloud (pid {self.pid}, {self.endpoint}) does not answer: {error}; run ./slipway up to start it anew"
            ) from error


# Never through a proxy: the daemon is on this machine's loopback.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _known(items: Iterable[Mapping[str, str]]) -> list[Known]:
    return [Known(urn=item["urn"], id=item["id"]) for item in items]


def find(home: Path) -> CloudClient | None:
    """The running daemon of this home, or None."""
    try:
        told = json.loads((home / "daemon.json").read_text())
        # A daemon of the first version names neither its version nor its providers: it has `aws` alone.
        version, providers = told.get("version", 1), told.get("providers") or {"aws": told["provider_port"]}
        cloud = CloudClient(home, told["endpoint"], providers, told["pid"], told["epoch"], told["token"], version)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not alive(cloud.pid):
        return None
    try:
        epoch = cloud.status()["epoch"]
    except LocalCloudError:
        return None
    return cloud if epoch == cloud.epoch else None


def ensure(home: Path, *, port: int | None = None, on_progress: Callable[[str], None] | None = None) -> CloudClient:
    """The running daemon of this home, started if there is none.

    Raises LocalCloudError with the end of its log, or ValueError for a SLIPWAY_PORT that is no port.
    """
    wanted = port if port is not None else preferred_port(os.environ)
    found = find(home)
    if found is not None:
        if found.version != PROTOCOL_VERSION:
            raise LocalCloudError(
                f"the local cloud (process {found.pid}) was started by another version of slipway, which this one cannot drive; "
                "run ./slipway local stop, then this again: what was in it is built anew"
            )
        return found
    if on_progress:
        on_progress("starting the local cloud")
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "localcloud.daemon", "--home", str(home)]
    if wanted is not None:
        command += ["--port", str(wanted)]
    environment = {**daemon_environment(os.environ), "PYTHONPATH": str(_REPOSITORY), "PYTHONUNBUFFERED": "1"}
    with os.fdopen(os.open(home / "daemon.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as log:
        process = subprocess.Popen(
            command, cwd=_REPOSITORY, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        found = find(home)
        if found is not None:
            taken = found.status().get("port_was_taken") if on_progress else None
            if on_progress and taken:
                on_progress(f"port {taken} is taken; the local cloud is at {found.endpoint}; SLIPWAY_PORT prefers another")
            return found
        if process.poll() is not None and process.returncode != 1:
            break
        time.sleep(0.05)
    raise LocalCloudError(f"the local cloud did not start; the end of {home / 'daemon.log'}:\n{_tail(home / 'daemon.log')}")


def daemon_environment(env: Mapping[str, str]) -> dict[str, str]:
    """A user's environment as the daemon and its jobs may have it.

    Nothing of AWS is in it: a profile that isn't there would stop the daemon, and no job may hold the keys of a real account.
    No proxy is asked for this machine's own addresses.
    """
    kept = {name: value for name, value in env.items() if not name.startswith("AWS_")}
    hosts = [*filter(None, env.get("NO_PROXY", env.get("no_proxy", "")).split(",")), "127.0.0.1", "localhost"]
    direct = ",".join(dict.fromkeys(hosts))
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
    return {**kept, **nowhere, "NO_PROXY": direct, "no_proxy": direct}


def preferred_port(env: Mapping[str, str]) -> int | None:
    """`SLIPWAY_PORT`; None where it is not set. Raises ValueError for what is no port (0 is any free one)."""
    text = env.get("SLIPWAY_PORT", "").strip()
    if not text:
        return None
    if not text.isdecimal() or int(text) > 65_535:
        raise ValueError(f"SLIPWAY_PORT is {text!r}: no port; set a number up to 65535 (0 takes any free one), or unset it")
    return int(text)


def _tail(path: Path, lines: int = 15) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError as error:
        return str(error)
