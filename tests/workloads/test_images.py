"""Checks the Dockerfile as text, without building the images; tests/tools/images/ builds them."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.workloads.support import REPOSITORY
from tools.images import locks

DOCKERFILE = REPOSITORY / "workloads" / "images" / "Dockerfile"
DIGEST = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
IMAGES = {"training": "train", "serving": "serve"}


def instructions() -> Iterator[tuple[str, str, str]]:
    """(stage, instruction, rest) of every line, continuation lines joined and comments gone."""
    text = "\n".join(line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#"))
    stage = ""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            stage = rest.rpartition(" AS ")[2]
        if word:
            yield stage, word.upper(), rest.strip()


def every(instruction: str, stage: str | None = None) -> list[str]:
    return [rest for where, word, rest in instructions() if word == instruction and stage in (None, where)]


def parent(stage: str) -> str:
    (found,) = [rest.split(" AS ")[0] for where, word, rest in instructions() if word == "FROM" and where == stage]
    return found


@pytest.mark.parametrize("image", IMAGES)
def test_there_is_a_target_for_each_image_over_the_same_stages(image: str) -> None:
    assert parent(image) == "runtime"
    assert "--from=dependencies /opt/venv /opt/venv" in every("COPY", "runtime"), "nothing that only installs reaches the image"


def test_every_base_is_an_argument_named_by_digest_and_never_latest() -> None:
    (base,) = [rest for rest in every("ARG") if rest.startswith("BASE_IMAGE=")]
    assert DIGEST.fullmatch(base.removeprefix("BASE_IMAGE="))
    assert parent("dependencies") == parent("runtime") == "${BASE_IMAGE}"
    assert "latest" not in DOCKERFILE.read_text()


@pytest.mark.parametrize(("image", "argument"), IMAGES.items())
def test_pid_1_is_our_module_and_no_shell(image: str, argument: str) -> None:
    (entrypoint,) = every("ENTRYPOINT")
    command = json.loads(entrypoint)
    assert command[:2] == ["python", "-m"]
    assert importlib.util.find_spec(command[2]), f"{command[2]} is not there to be run"
    assert [json.loads(rest) for rest in every("CMD", image)] == [[argument]]


@pytest.mark.parametrize("image", IMAGES)
def test_root_is_the_default_since_sagemaker_wants_it_and_an_argument_changes_it(image: str) -> None:
    words = [(word, rest) for where, word, rest in instructions() if where == image]
    assert words.index(("ARG", "RUN_AS=0:0")) < words.index(("USER", "${RUN_AS}"))
    (user,) = [rest for rest in every("RUN", "runtime") if "/etc/passwd" in rest]
    assert "chown -R 10001:10001 /opt/ml" in user, "the folders of the contract are for that user to write"


def test_nothing_is_added_from_an_address_and_all_that_is_copied_is_there() -> None:
    assert not every("ADD")
    for rest in every("COPY"):
        for path in rest.split()[:-1]:
            if not rest.startswith("--from=") and not path.startswith("--"):
                assert list(REPOSITORY.glob(path)), path


def test_dependencies_come_from_the_lock_with_hashes_and_nothing_is_fetched_besides() -> None:
    (install,) = [rest for rest in every("RUN") if "pip install" in rest]
    for command in re.findall(r"pip install [^;]*", install):
        assert {"--no-deps", "--require-hashes"} <= set(command.split()), command
        assert {"--no-build-isolation", "--only-binary"} & set(command.split()), "a build would fetch its tools without a hash"


def test_code_is_roots_and_for_nobody_to_write() -> None:
    assert "--chmod=0555 workloads /opt/slipway/workloads" in every("COPY", "runtime")


def test_the_build_context_is_only_what_the_image_is_made_of() -> None:
    lines = [
        line for line in DOCKERFILE.with_name("Dockerfile.dockerignore").read_text().splitlines() if not line.startswith("#")
    ]
    assert lines[0] == "*"
    assert {line for line in lines if line.startswith("!")} == {"!requirements/workloads.txt", "!workloads"}


def test_labels_say_where_the_image_comes_from() -> None:
    labels = " ".join(every("LABEL"))
    for name in ("source", "revision", "version", "licenses", "title"):
        assert f"org.opencontainers.image.{name}=" in labels


def test_no_secret_is_an_argument_or_in_the_environment() -> None:
    names = [word.partition("=")[0] for kind in ("ARG", "ENV") for rest in every(kind) for word in rest.split()]
    assert names
    assert not [name for name in names if re.search(r"TOKEN|PASSWORD|SECRET|KEY|INDEX", name)]
    (install,) = [rest for rest in every("RUN") if "pip install" in rest]
    assert "--mount=type=secret,id=pip" in install


def test_the_server_can_be_asked_for_its_health_without_curl() -> None:
    (check,) = every("HEALTHCHECK", "serving")
    command = json.loads(check[check.index("CMD ") + 4 :])
    assert importlib.util.find_spec(command[2])
    assert not every("HEALTHCHECK", "training"), "a job answers nobody"


def test_the_server_may_be_given_a_port_beside_other_containers() -> None:
    assert "com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true" in " ".join(every("LABEL", "serving"))


@pytest.mark.parametrize("path", [locks.SERVING_CPU, locks.NEURON, locks.CHECKSUMS])
def test_what_is_cut_out_of_the_locks_is_what_the_locks_say(path: str) -> None:
    assert (REPOSITORY / path).read_text() == locks.derived()[path], "run: .venv/bin/python -m tools.images.locks"


def test_the_image_without_pytorch_has_all_that_its_runtime_imports() -> None:
    from importlib.metadata import requires

    needed = {locks.normal(re.split(r"[^\w.-]", line)[0]) for line in requires("onnxruntime") or () if "extra" not in line}
    assert needed <= {pin.name for pin in locks.read((REPOSITORY / locks.SERVING_CPU).read_text())}


def test_the_neuron_image_takes_pytorch_from_its_base_and_the_rest_from_us() -> None:
    names = {pin.name for pin in locks.read((REPOSITORY / locks.NEURON).read_text())}
    assert {"boto3", "pyarrow", "tokenizers"} <= names
    assert not [name for name in names if name in {"torch", "triton", "numpy"} or name.startswith(("nvidia-", "cuda-"))]


def test_what_answers_for_a_container_needs_no_pytorch_until_a_model_does() -> None:
    """The serving image without PyTorch starts from the same entrypoint."""
    blocked = (
        "import sys; sys.modules['torch'] = None; sys.modules['boto3'] = None; "
        "import workloads.entrypoint, workloads.serving.app, workloads.serving.onnx_predictor, workloads.serving.healthcheck"
    )
    done = subprocess.run([sys.executable, "-c", blocked], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
