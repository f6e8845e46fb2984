"""The source of an image, and shell scripts in the place of the tools that build images."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.registry.source_digest import WORKLOADS_FOLDER, image_tag, source_files
from tools.images.context import Source


@pytest.fixture(scope="session")
def source() -> Source:
    return Source(root=WORKLOADS_FOLDER.parent, files=source_files(), tag=image_tag())


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """`program("docker", "exit 1")` puts a shell script of that name on PATH, alone with the system's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")

    def put(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return put
