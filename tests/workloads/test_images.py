"""The Dockerfiles, read as text: what can be known of an image without building it."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

from tests.workloads.support import REPOSITORY

IMAGES = REPOSITORY / "workloads" / "images"
DOCKERFILES = sorted(IMAGES.glob("*.Dockerfile"))
DIGEST = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")


def instructions(path: Path) -> list[tuple[str, str]]:
    """(instruction, rest) of every line, continuation lines joined and comments gone."""
    text = re.sub(r"\\\n", " ", "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [(word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def every(path: Path, instruction: str) -> list[str]:
    return [rest for word, rest in instructions(path) if word == instruction]


def test_there_is_an_image_for_training_and_one_for_serving() -> None:
    assert [path.name for path in DOCKERFILES] == ["serving.Dockerfile", "training.Dockerfile"]


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
def test_the_base_is_named_by_digest_and_never_latest(path: Path) -> None:
    arguments = dict(rest.split("=", 1) for rest in every(path, "ARG"))
    stages = every(path, "FROM")
    assert len(stages) >= 2, "dependencies are built in a stage of their own"
    for stage in stages:
        image = stage.split(" AS ")[0]
        name = re.fullmatch(r"\$\{(\w+)}", image)
        assert DIGEST.fullmatch(arguments[name[1]] if name else image), stage
    assert "latest" not in path.read_text()


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
def test_pid_1_is_our_module_and_no_shell(path: Path) -> None:
    (entrypoint,) = every(path, "ENTRYPOINT")
    command = json.loads(entrypoint)
    assert command[:2] == ["python", "-m"]
    assert importlib.util.find_spec(command[2]), f"{command[2]} is not there to be run"
    (argument,) = every(path, "CMD")
    assert json.loads(argument) == [{"training": "train", "serving": "serve"}[path.name.partition(".")[0]]]


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
def test_nothing_is_added_from_an_address_and_all_that_is_copied_is_there(path: Path) -> None:
    assert not every(path, "ADD")
    for rest in every(path, "COPY"):
        if not rest.startswith("--from="):
            assert (REPOSITORY / rest.split()[0]).exists(), rest


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
def test_dependencies_come_from_the_lock_with_hashes(path: Path) -> None:
    (install,) = [rest for rest in every(path, "RUN") if "install" in rest]
    assert "--require-hashes" in install
    assert "requirements/workloads.txt /tmp/workloads.txt" in every(path, "COPY")
    assert "--hash=sha256:" in (REPOSITORY / "requirements" / "workloads.txt").read_text()


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
def test_the_build_context_is_only_what_the_image_is_made_of(path: Path) -> None:
    ignore = path.with_name(f"{path.name}.dockerignore").read_text().splitlines()
    lines = [line for line in ignore if not line.startswith("#")]
    assert lines[0] == "*"
    copied = {rest.split()[0] for rest in every(path, "COPY") if not rest.startswith("--from=")}
    assert {line[1:] for line in lines if line.startswith("!")} == copied


def test_the_server_can_be_asked_for_its_health_without_curl() -> None:
    (check,) = every(IMAGES / "serving.Dockerfile", "HEALTHCHECK")
    command = json.loads(check[check.index("CMD ") + 4 :])
    assert importlib.util.find_spec(command[2])


def test_the_server_may_be_given_a_port_beside_other_containers() -> None:
    assert "com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true" in every(IMAGES / "serving.Dockerfile", "LABEL")
