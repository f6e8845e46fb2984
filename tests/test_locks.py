"""The lock files, read as text: hashed, without a registry's address, and of one mind where a package is in several."""

from __future__ import annotations

import re
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
    line = next(line for line in script.splitlines() if line.startswith("locks="))
    assert set(re.findall(r"requirements/(\w+)\.txt", line)) == {lock.stem for lock in LOCKS} - {"benchmarks"}
