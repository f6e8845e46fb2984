"""`doctor`: what was found on this machine, one function a finding. They look and never change anything."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tools.engine import state
from tools.engine.home import REPOSITORY, StackPlace, cache_path, home_path, stacks_path
from tools.flows import platforms


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: whether it is fine, whether it is needed, what was found and the way out."""

    name: str
    ok: bool
    found: str
    needed: bool = True
    way_out: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def diagnose() -> list[Finding]:
    """Every finding, in the order in which `up` would need them. A check that itself fails is a finding too."""
    findings = []
    for check in CHECKS:
        try:
            findings.append(check())
        except Exception as error:  # a doctor that dies of the illness is of no use
            findings.append(
                Finding(name=check.__name__.strip("_").replace("_", " "), ok=False, found=f"could not be looked at: {error!r}")
            )
    return findings + _stacks()


def healthy(findings: Iterable[Finding]) -> bool:
    """Whether nothing that is needed is missing."""
    return all(finding.ok or not finding.needed for finding in findings)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        name="python", ok=sys.version_info >= (3, 11), found=f"{version} at {sys.executable}", way_out="install 3.11 or newer"
    )


def _platform() -> Finding:
    found = platforms.here()
    return Finding(
        name="platform",
        ok=found.locked,
        needed=False,
        found=platforms.described(found),
        way_out="Linux on x86-64 is where everything is run and tested",
    )


def _packages() -> Finding:
    stamp = REPOSITORY / ".venv" / "slipway.stamp"
    found = "installed from the locks by ./slipway" if stamp.exists() else "this environment was not made by ./slipway"
    return Finding(name="packages", ok=stamp.exists(), needed=False, found=found, way_out="run ./slipway once")


def _engine() -> Finding:
    from tools.engine import locate

    engine = locate.find()
    if engine:
        return Finding(name="engine", ok=True, found=f"pulumi {engine.version} from {engine.source}: {engine.path}")
    return Finding(
        name="engine",
        ok=False,
        needed=not shutil.which("go"),
        found="no pulumi on PATH or in the cache",
        way_out="`slipway up` fetches or builds one; for the build, Go 1.25 or newer is needed",
    )


def _go() -> Finding:
    go = shutil.which("go")
    return Finding(
        name="go",
        ok=bool(go),
        needed=False,
        found=go or "not on PATH",
        way_out="only needed to build the engine where it cannot be had",
    )


def _disk() -> Finding:
    home = home_path()
    there = next(part for part in (home, *home.parents) if part.exists())
    free = shutil.disk_usage(there).free
    ok = free >= max(state.LEAST_FREE_BYTES, 1_000_000_000)
    return Finding(
        name="disk", ok=ok, found=f"{free / 1e9:.1f} GB free at {there}", way_out="free some, or point SLIPWAY_HOME elsewhere"
    )


def _home() -> Finding:
    return _folder("home", home_path(), "SLIPWAY_HOME")


def _cache() -> Finding:
    return _folder("cache", cache_path(), "SLIPWAY_CACHE")


def _folder(name: str, path: Path, variable: str) -> Finding:
    """Whether a folder is there or can be made, and written to. Asked of the system, so that root hears of a read-only disk."""
    nearest = next(part for part in (path, *path.parents) if part.exists())
    ok = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    found = f"{path}{'' if ok else f': {nearest} is no folder that can be written'}"
    return Finding(name=name, ok=ok, found=found, way_out=f"point {variable} at a folder that can be written")


def _local_cloud() -> Finding:
    from localcloud import client

    cloud = client.find(home_path())
    if cloud:
        return Finding(name="local cloud", ok=True, found=f"running at {cloud.endpoint}, process {cloud.pid}")
    return Finding(name="local cloud", ok=False, needed=False, found="not running", way_out="`slipway up` starts it")


def _aws() -> Finding:
    names = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    named = [name for name in names if os.environ.get(name)]
    shared = os.path.exists(os.path.expanduser(os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")))
    found = ", ".join(named) or ("a shared credentials file" if shared else "none")
    return Finding(
        name="AWS credentials",
        ok=bool(named or shared),
        needed=False,
        found=found,
        way_out="only the AWS stacks need them; every stack runs here with --local",
    )


CHECKS: Final[tuple[Callable[[], Finding], ...]] = (
    _python,
    _platform,
    _packages,
    _engine,
    _go,
    _home,
    _disk,
    _cache,
    _local_cloud,
    _aws,
)


def _stacks() -> list[Finding]:
    """A finding a stack file (does it parse) and a local state (is it whole)."""
    findings = []
    paths = sorted(path for path in stacks_path().glob("Pulumi.*.yaml") if path.is_file())
    if not paths:
        way_out = "point SLIPWAY_STACKS at the folder of the Pulumi.<stack>.yaml files, or unset it"
        findings.append(Finding(name="stack files", ok=False, found=f"none in {stacks_path()}", way_out=way_out))
    for path in paths:
        stack = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        findings.append(_stack_file(stack, path))
        place = StackPlace(home=home_path(), mode="local", stack=stack)
        if place.state_file.exists():
            document = state.read(place.state_file)
            found = f"{len(state.known(document))} resources" if document else "not whole"
            findings.append(
                Finding(
                    name=f"state of {stack}", ok=document is not None, found=found, needed=False, way_out="the next run mends it"
                )
            )
    return findings


def _stack_file(stack: str, path: Path) -> Finding:
    from infra.base.section import SettingsError
    from infra.stack_file import load_file

    try:
        settings = load_file(path, stack)
    except SettingsError as error:
        faults = "; ".join(str(fault) for fault in error.faults)
        return Finding(name=path.name, ok=False, found=faults, way_out="mend the file; every fault is listed")
    return Finding(name=path.name, ok=True, found=f"environment {settings.environment} in {settings.region}")
