"""What a user's script needs and this Python has not: installed into a folder of the job's own, or refused by name.

pip runs only where something is lacking, so that a job whose packages are all here starts at once. It adds to what is
installed and changes none of it: what it brings lies before it on PYTHONPATH, for this job alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from workloads.errors import ContractError

# Lines of a requirements.txt that name further ones; other options say how to install, not what.
_FURTHER: Final = ("-r", "--requirement", "-e", "--editable", "-c", "--constraint")
_QUIETLY: Final = ("--disable-pip-version-check", "--no-input", "--retries", "1", "--timeout", "15")
_PATIENCE_S: Final = 900.0
# How much of a long list an error names.
_NAMED: Final = 8


def bring(requirements: Sequence[str], file: Path | None, *, python: str, folder: Path, target: Path) -> list[str]:
    """Install what is lacking of `requirements`, and of the requirements.txt `file`, into `target`; its names, if any.

    Relative paths start at `folder`. Raises `ContractError` with the lines that cannot be met.
    """
    lines = [*requirements, *(file.read_text(encoding="utf-8", errors="replace").splitlines() if file else ())]
    lacking = list(unmet(lines) if python == sys.executable else _asked(lines))
    if not lacking:
        return []
    wanted = [*requirements, *(("-r", str(file)) if file else ())]
    report = target.with_suffix(".json")
    target.mkdir(parents=True, exist_ok=True)
    _pip(python, ["--dry-run", "--report", str(report), *wanted], folder, lacking)
    found = [_pinned(item) for item in json.loads(report.read_text(encoding="utf-8"))["install"]]
    if found:
        _pip(python, ["--no-deps", "--upgrade", "--target", str(target), *found], folder, lacking)
    return found


def unmet(lines: Sequence[str]) -> Iterator[str]:
    """The lines that this Python does not meet: packages it has not, or has in another version, and what only pip can judge."""
    try:
        from packaging.requirements import InvalidRequirement, Requirement
    except ImportError:  # an image without it lets pip judge
        yield from _asked(lines)
        return
    for text in _asked(lines):
        try:
            asked = Requirement(text)
        except InvalidRequirement:
            yield text
            continue
        if asked.marker is not None and not asked.marker.evaluate():
            continue
        try:
            here = metadata.version(asked.name)
        except metadata.PackageNotFoundError:
            yield f"{text} (not here)"
            continue
        if asked.url:
            yield text
        elif not asked.specifier.contains(here, prereleases=True):
            yield f"{text} (here {here})"


def _asked(lines: Sequence[str]) -> Iterator[str]:
    """The lines that ask for something, without comments and options."""
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        text = line.split(" #")[0].strip()
        if text and not text.startswith("#") and (not text.startswith("-") or text.startswith(_FURTHER)):
            yield text.partition(" --hash=")[0]


def _pip(python: str, arguments: Sequence[str], folder: Path, lacking: Sequence[str]) -> None:
    # pip judges by what the script will find, which is not what this process imports from.
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    try:
        done = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *_QUIETLY, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
        said = done.stderr if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        said = f"ERROR: {error}"
    if said:
        causes = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR: ")]
        more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
        cause = causes[-1] if causes else (said.strip().splitlines() or ["it gave no reason"])[-1]
        raise ContractError(
            f"the script needs {', '.join(lacking[:_NAMED])}{more}, and pip cannot install it: {cause}. "
            "Take it out of requirements.txt, or install it into the Python that runs the script."
        )


def _pinned(item: dict[str, Any]) -> str:
    """One row of pip's report as an argument: the exact version, or the address or folder that was given."""
    if item.get("is_direct"):
        return str(item["download_info"]["url"])
    return f"{item['metadata']['name']}=={item['metadata']['version']}"
