"""The engine's work directory and environment for a stack. The repository itself is only read."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from infra.base.naming import PROJECT
from localcloud.kernel.account import ACCOUNT
from tools.engine import scripts
from tools.engine.binary import Engine
from tools.engine.home import REPOSITORY, StackPlace, cache_path
from tools.engine.stack_ref import stack_source

# Keys by which a stack file names its encryption. They are left out of the local copy, whose state is encrypted otherwise.
ENCRYPTION_KEYS: Final = ("secretsprovider", "encryptedkey", "encryptionsalt")
# The setting for which the local cloud's account is put in: it has one account, and arns in policies must name that one.
ACCOUNT_KEY: Final = f"{PROJECT}:accountId"
ALLOWED_KEY: Final = "aws:allowedAccountIds"
# Providers that the engine attaches to instead of starting their plug-ins; source: pulumi, sdk/go/common/env.
ATTACHED: Final = "PULUMI_DEBUG_PROVIDERS"
# The value in place of an encrypted setting, which only the environment's own key could decrypt.
REHEARSAL_SECRET: Final = "rehearsal"


def local_stack_file(document: Mapping[str, Any], salt: str = "") -> tuple[dict[str, Any], list[str]]:
    """A stack file for the local cloud, and the settings whose secret value was replaced by `REHEARSAL_SECRET`.

    `salt` is the encryption salt that the engine wrote into the work directory's copy before; it opens the state's secrets.
    """
    kept = {key: value for key, value in document.items() if key not in ENCRYPTION_KEYS}
    stood_in: list[str] = []
    kept["config"] = {key: _plain(value, key, stood_in) for key, value in (document.get("config") or {}).items()}
    for key, here in ((ACCOUNT_KEY, ACCOUNT), (ALLOWED_KEY, [ACCOUNT])):
        if key in kept["config"]:
            kept["config"][key] = here
    if salt:
        kept["encryptionsalt"] = salt
    return kept, stood_in


def _plain(value: Any, path: str, stood_in: list[str]) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"secure"}:
            stood_in.append(path)
            return REHEARSAL_SECRET
        return {key: _plain(item, f"{path}.{key}", stood_in) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, f"{path}[{number}]", stood_in) for number, item in enumerate(value)]
    return value


def write_work_directory(place: StackPlace, *, folder: Path | None = None) -> list[str]:
    """Writes the work directory's Pulumi.yaml and stack file. Returns notes for the reader, as sentences."""
    source = stack_source(place.stack, folder)
    document = yaml.safe_load(source.read_text()) or {}
    target = place.work / f"Pulumi.{place.stack}.yaml"
    notes: list[str] = []
    if place.mode == "local":
        salt = ""
        if target.exists():
            salt = str((yaml.safe_load(target.read_text()) or {}).get("encryptionsalt", ""))
        document, stood_in = local_stack_file(document, salt)
        if stood_in:
            notes.append(f"{', '.join(stood_in)}: secret, only {place.stack}'s own key opens it; a stand-in is used here")
    _write_if_new(target, yaml.safe_dump(document, sort_keys=False))
    project = {"name": PROJECT, "runtime": "python", "description": f"Work directory of stack {place.stack}; see the repository"}
    _write_if_new(place.work / "Pulumi.yaml", yaml.safe_dump(project, sort_keys=False))
    return notes


def region(place: StackPlace) -> str:
    """The region that the work directory's stack file names; "" where it names none."""
    return str((_written(place).get("config") or {}).get("aws:region", ""))


def secrets_provider(place: StackPlace) -> str | None:
    """The secrets provider of a new stack: a passphrase locally, on AWS the one that its file names (None: none).

    The engine needs it on its command line: `pulumi stack init` without it asks for a passphrase, whatever the file says.
    """
    return "passphrase" if place.mode == "local" else _written(place).get("secretsprovider")


def _written(place: StackPlace) -> dict[str, Any]:
    """The work directory's stack file as a mapping."""
    return yaml.safe_load((place.work / f"Pulumi.{place.stack}.yaml").read_text()) or {}


def _write_if_new(path: Path, text: str) -> None:
    if path.exists() and path.read_text() == text:
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text)
    os.replace(fresh, path)


def environment(
    place: StackPlace,
    engine: Engine,
    *,
    base: Mapping[str, str] = os.environ,
    cloud: Mapping[str, str] | None = None,
    providers: Mapping[str, int] | None = None,
    region: str = "",
    checkpoints: bool | None = None,
) -> dict[str, str]:
    """The environment of the engine and of every process that it starts (dynamic providers among them).

    `cloud` is the local cloud's `environment()`. With it the engine attaches to the `providers` (name -> loopback port) and
    starts no plug-in of these names.
    `checkpoints` says whether the engine writes the state after every step. None means yes on AWS, and in the local cloud only
    with SLIPWAY_CHECKPOINTS=1: the cloud itself knows what a killed run made, and a checkpoint at every step makes the time of
    `up` grow with the square of the stack.
    """
    tools = scripts.write(cache_path(base) / "engine" / "scripts")
    path = os.pathsep.join([str(engine.path.parent), str(tools), str(Path(sys.executable).parent), base.get("PATH", os.defpath)])
    python_path = os.pathsep.join(filter(None, [str(REPOSITORY), base.get("PYTHONPATH", "")]))
    env = {
        "PATH": path,
        "PYTHONPATH": python_path,
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true" if cloud else "false",
    }
    if cloud is None:
        return env
    env |= {
        "PULUMI_BACKEND_URL": f"file://{place.backend}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(place.passphrase_file),
        # A home of our own: credentials and plug-ins of the user's pulumi are neither read nor written.
        "PULUMI_HOME": str(place.home / "pulumi"),
        ATTACHED: attached(providers or {}),
        # With these two the engine previews resources that do not depend on each other in parallel.
        "PULUMI_EXPERIMENTAL": "true",
        "PULUMI_PARALLEL_DIFF": "true",
        **cloud,
        **({"AWS_REGION": region, "AWS_DEFAULT_REGION": region} if region else {}),
        **loopback_without_proxy(base),
    }
    if checkpoints is None:
        checkpoints = base.get("SLIPWAY_CHECKPOINTS", "") in ("1", "true", "yes")
    if not checkpoints:
        env["PULUMI_SKIP_CHECKPOINTS"] = "true"
    return env


def attached(providers: Mapping[str, int]) -> str:
    """Running providers in the form that the engine reads: `aws:4711,kubernetes:4712`."""
    return ",".join(f"{name}:{port}" for name, port in providers.items())


def with_provider(variables: Mapping[str, str], name: str, port: int) -> dict[str, str]:
    """The variables with one more provider attached. With port 0 nothing is added, and the engine starts that plug-in itself."""
    known = [variables[ATTACHED]] if variables.get(ATTACHED) else []
    return {**variables, ATTACHED: ",".join([*known, attached({name: port})])} if port else dict(variables)


def loopback_without_proxy(base: Mapping[str, str]) -> dict[str, str]:
    """Variables that exempt 127.0.0.1 from the user's proxy, because the local cloud and the language server are there."""
    hosts = [*filter(None, base.get("NO_PROXY", base.get("no_proxy", "")).split(",")), "127.0.0.1", "localhost"]
    joined = ",".join(dict.fromkeys(hosts))
    return {"NO_PROXY": joined, "no_proxy": joined}
