"""Reads from CHANGELOG.md what a release replaces, and finds losses of an upgrade that it does not name.

Under `### Replaces` stands one entry for each kind of resource, with a pattern of names as in a shell:

    - `aws:s3/bucket:Bucket` `slipway-*-raw`: why, and what to do before `up`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from tools.report.change import Changed, data_lost

UNRELEASED: Final = "Unreleased"
_RELEASE: Final = re.compile(r"## \[?(?P<release>[^\]\s]+)\]?(?: - (?P<date>.+))?")
_ENTRY: Final = re.compile(r"- `(?P<type>[^`]+)` `(?P<pattern>[^`]+)`: (?P<why>\S.*)")
_VERSION: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """An entry: from before `release`, an upgrade replaces (or deletes) resources of this type and name."""

    release: str
    type: str
    pattern: str
    why: str

    def covers(self, one: Changed) -> bool:
        return one.type == self.type and fnmatchcase(one.name, self.pattern)


def releases(changelog: str) -> dict[str, str]:
    """Each release of a changelog with its date as written ("" for none), newest first."""
    found = (_RELEASE.fullmatch(line.rstrip()) for line in changelog.splitlines() if line.startswith("## "))
    return {match["release"]: match["date"] or "" for match in found if match}


def replaced(changelog: str) -> tuple[Replaced, ...]:
    """Every entry under a `### Replaces`. Raises ValueError with a line that is no entry, or whose type holds no data."""
    return tuple(_entry(release, line) for release, line in _lines(changelog))


def surprises(changed: Iterable[Changed], entries: Iterable[Replaced], since: str) -> tuple[Changed, ...]:
    """The resources with data that an upgrade from `since` replaces or deletes, and that no newer release names."""
    newer = [entry for entry in entries if version_of(entry.release) > version_of(since)]
    return tuple(one for one in changed if one.loses and not any(entry.covers(one) for entry in newer))


def failure_message(found: Iterable[Changed], since: str) -> str:
    """The message of a failed test: each surprise with the property that forces it, then the ways out."""
    lines = [f"an upgrade from {since} loses what holds data, and CHANGELOG.md does not name it:"]
    for one in found:
        because = f", because of {', '.join(one.because)}" if one.because else ""
        lines.append(f"  {one.op} {one.type} {one.name}{because}: loses {one.loses}")
    lines.append("A resource that was only renamed or moved: give it `aliases=[pulumi.Alias(...)]` in its ResourceOptions.")
    lines.append("A property that forces it: leave its old value, or let the new one be chosen by a setting.")
    lines.append(f"It must be: name it under `### Replaces` of [{UNRELEASED}] in CHANGELOG.md, with what to do before `up`:")
    lines += sorted({f"  - `{one.type}` `{one.name}`: why, and what to do" for one in found})
    return "\n".join(lines)


def version_of(release: str) -> tuple[float, float, float, bool, str]:
    """A version as a comparable tuple: 0.1.0-preview1 is before 0.1.0, and the unreleased version is after all others.

    Raises ValueError for what is no version.
    """
    if release == UNRELEASED:
        return (float("inf"), 0, 0, True, "")
    match = _VERSION.fullmatch(release)
    if match is None:
        raise ValueError(f"{release!r} is no version of a release; write it as MAJOR.MINOR.PATCH, or MAJOR.MINOR.PATCH-NAME")
    major, minor, patch, before = match.groups()
    return (int(major), int(minor), int(patch), before is None, before or "")


def _lines(changelog: str) -> Iterator[tuple[str, str]]:
    """(release, entry) under each `### Replaces`; an entry's further lines are indented."""
    release, inside, entry = "", False, ""
    for line in [*changelog.splitlines(), "## end"]:
        if entry and line.startswith("  "):
            entry += f" {line.strip()}"
            continue
        if entry:
            yield release, entry
            entry = ""
        if match := _RELEASE.fullmatch(line.rstrip()):
            release, inside = match["release"], False
        elif line.startswith("### "):
            inside = line.strip() == "### Replaces"
        elif inside and line.strip():
            entry = line.rstrip()


def _entry(release: str, line: str) -> Replaced:
    match = _ENTRY.fullmatch(line)
    if match is None:
        raise ValueError(f"CHANGELOG.md, Replaces of {release}: {line!r}; write - `TYPE` `NAME PATTERN`: why, and what to do")
    if not data_lost(match["type"], "delete"):
        raise ValueError(f"CHANGELOG.md, Replaces of {release}: {match['type']} holds no data; describe the change under Changed")
    return Replaced(release=release, type=match["type"], pattern=match["pattern"], why=match["why"])
