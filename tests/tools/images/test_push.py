"""Pushing an image to moto's ECR, with a script in buildah's place that records how it is called."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tools.images import builders
from tools.images.errors import ImageError
from tools.images.push import Repository, credentials, push_image

Put = Callable[[str, str], Path]
CONFIG = "sha256:" + "c" * 64
URL = "123456789012.dkr.ecr.us-east-1.amazonaws.com/slipway-dev-serving"
TAG = "src-0123456789ab"
# A script in buildah's place, which records its arguments, its stdin and the place of the login in files beside itself.
TOOL = f"""
here=$(dirname "$0")
printf '%s\\n' "$*" >>"$here/called"
case "$1" in
  inspect) echo {"c" * 64} ;;
  login) cat >"$here/stdin"; echo "$REGISTRY_AUTH_FILE" >"$here/auth"; touch "$REGISTRY_AUTH_FILE" ;;
  push) [ -f "$REGISTRY_AUTH_FILE" ] || exit 1; printf 'sha256:{"d" * 64}' >"$3" ;;
esac
"""


@pytest.fixture
def ecr(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("ecr", region_name="us-east-1")
        client.create_repository(repositoryName="slipway-dev-serving", imageTagMutability="IMMUTABLE")
        yield client


@pytest.fixture
def tool(program: Put) -> builders.Tool:
    program("buildah", TOOL)
    return builders.find("buildah")


def put(ecr: Any, config: str) -> str:
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1, "digest": config},
        "layers": [],
    }
    answer = ecr.put_image(repositoryName="slipway-dev-serving", imageManifest=json.dumps(manifest), imageTag=TAG)
    return str(answer["image"]["imageId"]["imageDigest"])


def push(tool: builders.Tool, ecr: Any, say: Callable[[str], None] = lambda line: None) -> Any:
    return push_image(tool, "slipway-serving:here", TAG, Repository.of(URL), ecr, say)


def test_a_push_logs_in_by_stdin_pushes_the_tag_and_gives_the_digest(tool: builders.Tool, ecr: Any, tmp_path: Path) -> None:
    pushed = push(tool, ecr)
    assert pushed.reference == f"{URL}:{TAG}"
    assert pushed.digest == "sha256:" + "d" * 64
    assert not pushed.already
    user, password = credentials(ecr)
    assert (tmp_path / "bin/stdin").read_text() == password
    called = (tmp_path / "bin/called").read_text()
    assert f"login --username {user} --password-stdin {URL.split('/')[0]}" in called
    assert f"slipway-serving:here docker://{URL}:{TAG}" in called
    assert password not in called
    assert not Path((tmp_path / "bin/auth").read_text().strip()).exists(), "the login is gone afterwards"


def test_a_tag_that_is_there_with_this_image_is_fine_and_nothing_is_sent(tool: builders.Tool, ecr: Any, tmp_path: Path) -> None:
    digest = put(ecr, CONFIG)
    said: list[str] = []
    pushed = push(tool, ecr, said.append)
    assert pushed.already
    assert pushed.digest == digest
    assert "is there already" in said[0]
    assert "push" not in (tmp_path / "bin/called").read_text()


def test_a_tag_that_is_there_with_another_image_is_refused_with_the_way_out(tool: builders.Tool, ecr: Any) -> None:
    put(ecr, "sha256:" + "f" * 64)
    with pytest.raises(ImageError, match="Tags never move"):
        push(tool, ecr)


def test_the_error_for_an_image_that_is_not_built_names_the_command_that_builds_it(program: Put, ecr: Any) -> None:
    program("buildah", '[ "$1" = inspect ] && { echo image not known >&2; exit 125; }; exit 0')
    with pytest.raises(ImageError, match="slipway images build"):
        push(builders.find("buildah"), ecr)


def test_a_failed_login_shows_the_message_of_the_tool_and_never_the_password(program: Put, ecr: Any) -> None:
    program("buildah", f'case "$1" in inspect) echo {"c" * 64};; login) cat >/dev/null; echo denied >&2; exit 1;; esac')
    with pytest.raises(ImageError) as error:
        push(builders.find("buildah"), ecr)
    assert "denied" in str(error.value)
    assert credentials(ecr)[1] not in str(error.value)


@pytest.mark.parametrize("url", ["", "docker.example/slipway", "1.dkr.ecr.us-east-1.amazonaws.com/x"])
def test_a_url_that_is_no_ecr_repository_is_refused(url: str) -> None:
    with pytest.raises(ImageError, match="no repository on ECR"):
        Repository.of(url)
