"""The tools that build images: which one is found, how it is called, and its errors. Shell scripts stand in for the tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.images.test_variants import decided
from tools.images import builders, pip_settings
from tools.images.build import build_image
from tools.images.context import Source
from tools.images.errors import ImageError

Put = Callable[[str, str], Path]
ID = "sha256:" + "c" * 64
BUILDS = f"""
case "$1" in
  build)
    while [ $# -gt 0 ]; do [ "$1" = --iidfile ] && printf '{ID}' >"$2"; last=$1; shift; done
    echo "STEP 1/2: FROM base"; ls "$last/workloads/images" ;;
  inspect) echo sha256:{"d" * 64} ;;
esac
"""


def test_auto_skips_tools_that_do_not_work(program: Put) -> None:
    program("docker", "echo Cannot connect to the Docker daemon >&2; exit 1")
    program("podman", "exit 125")
    program("buildah", "exit 0")
    assert builders.find().name == "buildah"


def test_the_error_for_no_tool_has_the_fault_of_each_tool_and_the_ways_out(program: Put) -> None:
    program("docker", "echo Cannot connect to the Docker daemon >&2; exit 1")
    program("podman", "echo no podman here >&2; exit 1")
    program("buildah", "echo no buildah here >&2; exit 1")
    with pytest.raises(ImageError) as error:
        builders.find()
    for words in ("Cannot connect to the Docker daemon", "no buildah here", "apt install buildah", "CodeBuild", "local cloud"):
        assert words in str(error.value)


def test_a_tool_that_is_asked_for_is_the_only_one_tried(program: Put) -> None:
    program("docker", "exit 0")
    program("buildah", "exit 1")
    with pytest.raises(ImageError):
        builders.find("buildah")
    with pytest.raises(ValueError, match="auto, docker, podman, buildah"):
        builders.find("kaniko")


def test_a_build_is_given_the_staged_source_and_its_image_comes_back(program: Put, source: Source, tmp_path: Path) -> None:
    program("buildah", BUILDS)
    said: list[str] = []
    log = tmp_path / "logs" / "build.log"
    built = build_image(builders.find("buildah"), decided(source), source, log=log, say=said.append)
    assert (built.id, built.digest) == (ID, "sha256:" + "d" * 64)
    assert said == ["STEP 1/2: FROM base"]
    assert "Dockerfile" in log.read_text()


def test_a_failed_build_shows_the_end_of_its_log_and_where_the_whole_lies(program: Put, source: Source, tmp_path: Path) -> None:
    program("buildah", '[ "$1" = build ] || exit 0; seq 100; echo "no space left on device" >&2; exit 125')
    log = tmp_path / "build.log"
    with pytest.raises(ImageError) as error:
        build_image(builders.find("buildah"), decided(source), source, log=log, say=lambda line: None)
    text = str(error.value)
    assert "no space left on device" in text
    assert "125" in text
    assert str(log) in text
    assert "  50\n" not in text, "the end, not all of it"


@pytest.mark.parametrize("tool", builders.TOOLS, ids=lambda tool: tool.name)
def test_the_command_names_target_tag_and_arguments_and_only_files_of_secrets(tool: builders.Tool, source: Source) -> None:
    build = decided(source, non_root=True)
    secret = Path("/somewhere/pip.conf")
    command = builders.arguments(tool, build, Path("/context"), secrets={"pip": secret}, id_file=Path("/id"))
    assert command[:2] == [tool.name, "build"]
    assert command[command.index("--target") + 1] == "serving"
    assert command[command.index("--tag") + 1] == build.reference
    assert "RUN_AS=10001:10001" in command
    assert f"id=pip,src={secret}" in command
    assert command[-1] == "/context"
    if tool.name != "docker":
        assert command[command.index("--format") + 1] == "docker", "OCI's format has no HEALTHCHECK"


def test_pip_s_settings_reach_the_build_as_files_and_a_certificate_under_its_name_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate = tmp_path / "ca.pem"
    certificate.write_text("x")
    monkeypatch.setenv("PIP_INDEX_URL", "https://me:hunter2@mirror.example/simple")
    monkeypatch.setenv("PIP_CERT", str(certificate))
    with pip_settings.secrets() as secrets:
        text = secrets["pip"].read_text()
        assert "index-url = https://me:hunter2@mirror.example/simple" in text
        assert "cert = /run/secrets/ca" in text
        assert secrets["ca"] == certificate
        assert secrets["pip"].stat().st_mode & 0o077 == 0
    assert not secrets["pip"].exists()
