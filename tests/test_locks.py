"""The lock files, read as text: hashed, without a registry's address, and of one mind where a package is in several."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements"
LOCKS = sorted(REQUIREMENTS.glob("*.txt"))
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def pins(lock: Path) -> dict[str, str]:
    return {name.lower(): version for name, version in PIN.findall(lock.read_text())}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_package_is_pinned_with_its_hashes_and_no_registry_is_named(lock: Path) -> None:
    text = lock.read_text()
    # One entry ends where the next begins; each must have a hash of its own.
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if entry.strip() and not entry.startswith("#")]
    assert entries
    assert [entry.splitlines()[0] for entry in entries if not PIN.match(entry) or "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_a_package_that_is_in_two_locks_has_one_version_since_they_are_installed_together() -> None:
    seen: dict[str, dict[str, str]] = {}
    for lock in LOCKS:
        for name, version in pins(lock).items():
            seen.setdefault(name, {})[lock.stem] = version
    assert {name: versions for name, versions in seen.items() if len(set(versions.values())) > 1} == {}


def test_what_is_asked_for_is_locked() -> None:
    missing = []
    for asked in sorted(REQUIREMENTS.glob("*.in")):
        locked = pins(asked.with_suffix(".txt"))
        for line in asked.read_text().splitlines():
            name = re.match(r"[A-Za-z0-9._-]+", line)
            if name and name[0].lower().replace("_", "-") not in locked:
                missing.append(f"{name[0]} of {asked.name}")
    assert missing == []


def test_the_setup_installs_every_lock_but_the_benchmarks_peers() -> None:
    script = (REQUIREMENTS.parent / "slipway").read_text()
    always, groups = (next(line for line in script.splitlines() if line.startswith(name)) for name in ("locks=", "groups="))
    installed = set(re.findall(r"requirements/(\w+)\.txt", always)) | set(groups.partition("=")[2].strip('"').split())
    assert installed == {lock.stem for lock in LOCKS} - {"benchmarks"}


# What the locks are for. Linux on x86-64 is what is run and tested here; of the others the wheels are known to be there.
PLATFORMS = {
    "Linux x86-64": "x86_64-manylinux_2_28",
    "Linux arm64": "aarch64-manylinux_2_28",
    "macOS arm64": "aarch64-apple-darwin",
}


@pytest.mark.e2e
@pytest.mark.parametrize("platform", PLATFORMS.values(), ids=PLATFORMS)
def test_every_locked_package_has_a_wheel_for_a_platform(platform: str, tmp_path: Path) -> None:
    """The resolver is asked, and nothing is installed. s3torchconnector is pure Python and published as source alone."""
    locks = [word for lock in LOCKS if lock.stem != "benchmarks" for word in ("-r", str(lock))]
    ask = "-m uv --no-config pip install --dry-run --require-hashes --only-binary :all: --no-binary s3torchconnector"
    place = ["--target", str(tmp_path), "--python-platform", platform, "--python-version", "3.11"]
    done = subprocess.run(
        [sys.executable, *ask.split(), *place, *locks],
        env={**resolver_environment(), "MACOSX_DEPLOYMENT_TARGET": "14.0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert " + torch==" in done.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name != ".lock"] == []


def resolver_environment() -> dict[str, str]:
    """This environment with pip's own index and certificates for uv, which reads no configuration of pip."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True).stdout
    given = {key: value.strip("'") for key, value in re.findall(r"^[^ ]*\.([\w-]+)=(.*)$", listed, re.MULTILINE)}
    names = {
        "cert": "SSL_CERT_FILE",
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
    }
    return {**{names[key]: value for key, value in given.items() if key in names}, "UV_SYSTEM_CERTS": "true", **os.environ}
