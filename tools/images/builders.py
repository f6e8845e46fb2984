"""The tools that build images (docker, podman, buildah): finds one that works, calls it, and reads what it built."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tools.images.errors import ImageError
from tools.images.variants import DOCKERFILE, Build

Say = Callable[[str], None]
# How many lines of a failed build's log are shown; the log file has all.
TAIL_LINES: Final = 30
NO_TOOL: Final = (
    "no tool that builds images works here ({}).\n"
    "  on this machine: apt install buildah, apt install podman, or Docker\n"
    "  on AWS: slipway:registry.build in the stack file makes a CodeBuild project that does it (docs/images.md)\n"
    "  nothing needs an image in the local cloud: its jobs and endpoints run this checkout"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool. `extra` gives its own options for a build; `probe` is a command that fails where the tool cannot work."""

    name: str
    probe: Sequence[str]
    extra: Callable[[Build], Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Runs the tool and returns its stdout. Raises ImageError with the end of its output, which never includes `stdin`."""
        done = subprocess.run(
            [self.name, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **self.environment},
        )
        if done.returncode:
            tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-TAIL_LINES:])
            raise ImageError(f"{self.name} {arguments[0]} failed ({done.returncode}):\n{tail}")
        return done.stdout.strip()


def _oci(build: Build) -> Sequence[str]:
    # Images are in docker's format, because OCI's has no HEALTHCHECK.
    return ("--format", "docker", "--timestamp", build.arguments["SOURCE_DATE_EPOCH"])


TOOLS: Final = (
    Tool(
        name="docker",
        probe=("version", "--format", "{{.Server.Version}}"),
        extra=lambda build: ("--progress", "plain"),
        environment={"DOCKER_BUILDKIT": "1"},
    ),
    Tool(name="podman", probe=("info",), extra=_oci),
    Tool(name="buildah", probe=("images", "--quiet"), extra=_oci),
)


def find(name: str = "auto") -> Tool:
    """The tool `name`, or for `auto` the first that works. Raises ValueError for an unknown name, ImageError where none works."""
    if name != "auto" and name not in {tool.name for tool in TOOLS}:
        raise ValueError(f"--tool {name!r} is none; there are auto, {', '.join(tool.name for tool in TOOLS)}")
    faults = []
    for tool in TOOLS:
        if name not in ("auto", tool.name):
            continue
        if not shutil.which(tool.name):
            faults.append(f"{tool.name} is not installed")
            continue
        try:
            tool.run(*tool.probe)
            return tool
        except ImageError as error:
            faults.append(f"{tool.name}: {str(error).splitlines()[-1]}")
    raise ImageError(NO_TOOL.format("; ".join(faults)))


def arguments(tool: Tool, build: Build, context: Path, *, secrets: Mapping[str, Path], id_file: Path) -> list[str]:
    """The command line of a build. It contains no secret: `secrets` are paths of files."""
    given = [f"{name}={value}" for name, value in build.arguments.items() if value]
    return [
        tool.name,
        "build",
        *("--file", str(context / DOCKERFILE), "--target", build.image, "--tag", build.reference),
        *(word for pair in given for word in ("--build-arg", pair)),
        *(word for name, path in secrets.items() for word in ("--secret", f"id={name},src={path}")),
        *("--iidfile", str(id_file)),
        *tool.extra(build),
        str(context),
    ]


def run_build(tool: Tool, command: Sequence[str], log: Path, say: Say) -> None:
    """Runs a build's command, writes its output to `log` and reports its steps to `say`. Raises ImageError with the log's end."""
    log.parent.mkdir(parents=True, exist_ok=True)
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    with (
        log.open("w", encoding="utf-8") as file,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env={**os.environ, **tool.environment},
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                file.write(line)
                tail.append(line.rstrip())
                if _is_step(line):
                    say(line.strip()[:160])
        except BaseException:  # on Ctrl-C the build must not go on alone
            process.terminate()
            raise
    if process.returncode:
        shown = "\n".join(f"  {line}" for line in tail)
        raise ImageError(f"{tool.name} could not build it (exit code {process.returncode}); the whole log: {log}\n{shown}")


def _is_step(line: str) -> bool:
    """Whether a line of output begins a step: `STEP` of buildah and podman, `#7 [dependencies 3/6] RUN ...` of BuildKit."""
    return line.startswith(("STEP ", "[")) or (line.startswith("#") and " [" in line and "]" in line)


def digest_of(tool: Tool, image_id: str) -> str:
    """The digest of an image's manifest in the tool's store; "" for docker, which makes one only when it pushes.

    The manifest in a registry has another digest, because layers are compressed there: `push` prints that one.
    """
    if tool.name == "buildah":
        return tool.run("inspect", "--type", "image", "--format", "{{.FromImageDigest}}", image_id)
    if tool.name == "podman":
        return tool.run("image", "inspect", "--format", "{{.Digest}}", image_id)
    digests = json.loads(tool.run("image", "inspect", "--format", "{{json .RepoDigests}}", image_id)) or []
    return str(digests[0]).partition("@")[2] if digests else ""


def read_file(tool: Tool, image_id: str, path: str) -> str:
    """The text of a file in a built image; "" where the image has no such file. Runs nothing in the image."""
    image_id = image_id.removeprefix("sha256:")
    container = tool.run("from", image_id) if tool.name == "buildah" else tool.run("create", image_id)
    try:
        if tool.name == "buildah":
            file = Path(tool.run("mount", container), path)
            return file.read_text(encoding="utf-8") if file.is_file() else ""
        with TemporaryDirectory() as folder:
            tool.run("cp", f"{container}:/{path}", f"{folder}/file")
            return Path(folder, "file").read_text(encoding="utf-8")
    finally:
        tool.run("rm", container)
