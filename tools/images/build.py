"""Builds an image into the local store of the tool that builds it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.images import builders, pip_settings
from tools.images.builders import Say, Tool
from tools.images.context import Source, staged
from tools.images.variants import Build


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A built image. `id` is the digest of its configuration, `digest` that of its manifest ("" until docker has pushed it)."""

    build: Build
    tool: str
    id: str
    digest: str
    seconds: float
    log: Path


def build_image(tool: Tool, build: Build, source: Source, *, log: Path, say: Say) -> Built:
    """Builds an image and tags it `build.reference`; each step is reported to `say`. Raises ImageError with the log's end."""
    started = time.monotonic()
    with staged(source, build) as context, pip_settings.secrets() as secrets, TemporaryDirectory() as folder:
        id_file = Path(folder, "id")
        command = builders.arguments(tool, build, context, secrets=secrets, id_file=id_file)
        builders.run_build(tool, command, log, say)
        image_id = id_file.read_text(encoding="utf-8").strip()
    image_id = image_id if image_id.startswith("sha256:") else f"sha256:{image_id}"
    return Built(
        build=build,
        tool=tool.name,
        id=image_id,
        digest=builders.digest_of(tool, image_id.removeprefix("sha256:")),
        seconds=round(time.monotonic() - started, 1),
        log=log,
    )
