"""Environments of official clients: each its own, made once in the cache folder, with nothing of this project in it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tools.engine.home import REPOSITORY, cache_path

# A client of many packages is fetched once; whoever has it in the cache waits for nothing.
INSTALL_SECONDS: Final = 420
_BLOCK = re.compile(r"<!-- client: (?P<name>[\w.-]+) -->\n```(?P<language>\w+)\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client as it is installed, and what its quick start says when it went well."""

    packages: tuple[str, ...]
    says: tuple[str, ...]


CLIENTS: Final = {
    "boto3": Client(packages=("boto3",), says=("quick-boto3 ['hello.txt']", "'age': Decimal('25')")),
    # The second version of the CLI is no Python package; the first has the same commands.
    "awscli": Client(packages=("awscli",), says=("123456789012", "hello.txt", "TrainingJobSummaries")),
    "s3fs": Client(packages=("s3fs",), says=("['quick-s3fs/new-file'] 4194304",)),
    "awswrangler": Client(packages=("awswrangler",), says=("2 rows of {'id': 'bigint', 'value': 'string'}",)),
    "sagemaker": Client(
        packages=("sagemaker<3", "setuptools<81"), says=("attached s3://quick-sagemaker/", "best pytorch-training-")
    ),
    "sagemaker-train": Client(packages=("sagemaker-train",), says=("trainer s3://quick-trainer/quick-trainer/quick-trainer-",)),
    "sagemaker-core": Client(packages=("sagemaker-core",), says=("core Completed s3://quick-core/output/", "listed True")),
}


def quick_starts() -> dict[str, tuple[str, str]]:
    """(language, text) of every quick start that docs/local-cloud.md prints."""
    text = (REPOSITORY / "docs" / "local-cloud.md").read_text(encoding="utf-8")
    return {match["name"]: (match["language"], match["body"]) for match in _BLOCK.finditer(text)}


def environment(name: str) -> Path:
    """The `bin` folder of a client's own environment. Skips the test, with the reason, where it cannot be made."""
    packages = CLIENTS[name].packages
    mark = hashlib.sha256(" ".join((sys.version, *packages)).encode()).hexdigest()[:10]
    folder = cache_path() / "clients" / f"{name}-{mark}"
    if (folder / "ready").exists():
        return folder / "bin"
    shutil.rmtree(folder, ignore_errors=True)
    uv = Path(sys.executable).with_name("uv")
    asked = {**os.environ, "UV_HTTP_TIMEOUT": "20", "VIRTUAL_ENV": str(folder)}
    for command in (
        [str(uv), "venv", "-q", "--python", sys.executable, str(folder)],
        [str(uv), "pip", "install", "-q", *packages],
    ):
        try:
            done = subprocess.run(command, env=asked, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            pytest.skip(f"{name} cannot be installed: {error}")
        if done.returncode:
            pytest.skip(f"{name} cannot be installed: {done.stderr.strip()[-400:]}")
    (folder / "ready").touch()
    return folder / "bin"
