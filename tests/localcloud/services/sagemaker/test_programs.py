"""What a training job runs here, by its image, its hyperparameters, its variables and its entry point."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from localcloud.services.sagemaker import layout, programs
from localcloud.services.sagemaker.shared import Shared

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
AWS = "763104351884.dkr.ecr.eu-west-1.amazonaws.com"
SHARED = cast(Shared, SimpleNamespace(python=sys.executable, repository=Path("/repository")))
SCRIPT = {"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://b/sourcedir.tar.gz"}


def request(image: str, **more: Any) -> dict[str, Any]:
    environment = more.pop("Environment", {})
    hyperparameters = more.pop("HyperParameters", {})
    return {
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File", **more},
        "Environment": environment,
        "HyperParameters": hyperparameters,
    }


@pytest.mark.parametrize(
    ("image", "ours"),
    [
        (f"{ECR}/slipway-local-training:src-0123456789ab", True),
        (f"{ECR}/slipway-training:latest", True),
        (f"{ECR}/team/slipway-prod-training@sha256:{'a' * 64}", True),
        (f"{ECR}/acme-prod-training:src-0123456789ab", True),
        (f"{AWS}/pytorch-training:2.8-cpu-py312", False),
        (f"{AWS}/tensorflow-training:2.19", False),
        (f"{AWS}/huggingface-pytorch-training:2.5", False),
        (f"{AWS}/mxnet-training:1.9", False),
        (f"{ECR}/team-training:latest", False),
        (f"{ECR}/my-slipway-training:1", False),
        (f"{ECR}/slipway-local-serving:src-0123456789ab", False),
        (f"{ECR}/acme-training:src-notahexhash", False),
        ("", False),
    ],
)
def test_only_this_projects_own_images_run_its_workloads(image: str, ours: bool) -> None:
    assert layout.is_ours(image, "training") is ours
    if ours:
        assert programs.find_program(SHARED, request(image)).ours
        assert not programs.find_program(SHARED, request(image, HyperParameters=SCRIPT)).ours, "a script is the user's"
    else:
        with pytest.raises(programs.CannotRun, match="pulls no images"):
            programs.find_program(SHARED, request(image))
        found = programs.find_program(SHARED, request(image, HyperParameters=SCRIPT))
        assert (found.ours, found.launched, found.command[-1]) == (False, True, "train")
        assert programs.find_program(SHARED, request(image, Environment={"SAGEMAKER_PROGRAM": "train.py"})).launched


@pytest.mark.parametrize(
    ("entrypoint", "arguments", "command"),
    [
        (["python3", "train.py"], None, [sys.executable, "train.py"]),
        (["python"], ["-m", "pkg.train"], [sys.executable, "-m", "pkg.train"]),
        (["/usr/local/bin/python3.12", "-u"], ["train.py", "--epochs", "3"], [sys.executable, "-u", "train.py", "--epochs", "3"]),
        (["/opt/conda/bin/python"], ["x.py"], [sys.executable, "x.py"]),
        (["/opt/ml/input/data/code/run.sh"], None, ["/opt/ml/input/data/code/run.sh"]),
        (["env"], ["X=1", "python", "x.py"], ["env", "X=1", "python", "x.py"]),
    ],
)
def test_an_entry_point_is_run_by_this_machines_programs(
    entrypoint: list[str], arguments: list[str] | None, command: list[str]
) -> None:
    asked = request(f"{AWS}/pytorch-training:2.8", ContainerEntrypoint=entrypoint, ContainerArguments=arguments)
    found = programs.find_program(SHARED, asked)
    assert (list(found.command), found.launched, found.ours) == (command, False, False)
    assert "pytorch-training:2.8" in found.note


def test_a_script_that_is_named_by_nothing_is_none() -> None:
    for nothing in ('""', "null", ""):
        with pytest.raises(programs.CannotRun):
            programs.find_program(SHARED, request(f"{ECR}/team:1", HyperParameters={"sagemaker_program": nothing}))


@pytest.mark.parametrize("shell", ["sh", "/bin/sh", "bash", "/usr/local/bin/bash"])
def test_a_shell_is_this_machines_wherever_the_image_has_it(shell: str) -> None:
    found = programs.find_program(SHARED, request("x", ContainerEntrypoint=[shell], ContainerArguments=["-c", "true"]))
    assert (Path(found.command[0]).name, found.command[1:]) == (Path(shell).name, ("-c", "true"))
    assert os.access(found.command[0], os.X_OK)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ContainerEntrypoint": ["/usr/local/bin/train"]}, "ContainerEntrypoint '/usr/local/bin/train' is a program of image"),
        ({"ContainerEntrypoint": ["Rscript-of-the-image", "train.R"]}, "'Rscript-of-the-image' is a program of image"),
        ({"ContainerArguments": ["--epochs", "3"], "HyperParameters": SCRIPT}, "are for the entry point of image"),
        ({"HyperParameters": SCRIPT, "Environment": {"SLIPWAY_JOB_PYTHON": "/no/such/python"}}, "is no program of this machine"),
    ],
)
def test_what_only_the_image_could_run_is_refused_with_its_name(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(programs.CannotRun, match=says):
        programs.find_program(SHARED, request(f"{ECR}/team:1", **changes))


def test_the_python_that_a_job_names_goes_before_the_daemons(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = request("x", HyperParameters=SCRIPT)
    assert programs.find_program(SHARED, asked).python == sys.executable
    monkeypatch.setenv("SLIPWAY_JOB_PYTHON", "/bin/sh")
    assert programs.find_program(SHARED, asked).python == "/bin/sh"
    named = request("x", HyperParameters=SCRIPT, Environment={"SLIPWAY_JOB_PYTHON": "/bin/cat"})
    assert programs.find_program(SHARED, named).python == "/bin/cat"
    assert programs.find_program(SHARED, request(f"{ECR}/slipway-training:1")).python == sys.executable, "our workloads are ours"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/opt/ml", "/b"),
        ("/opt/ml/model", "/b/model"),
        ('"/opt/ml/model"', '"/b/model"'),
        ("--dir=/opt/ml/a:/opt/ml/b", "--dir=/b/a:/b/b"),
        ("file:///opt/ml/x", "file:///b/x"),
        ('{"a": ["/opt/ml/x"]}', '{"a": ["/b/x"]}'),
        ("/opt/mlflow", "/opt/mlflow"),
        ("/opt/ml-data/x", "/opt/ml-data/x"),
        ("/srv/opt/ml/x", "/srv/opt/ml/x"),
        ("s3://b/opt/ml/x", "s3://b/opt/ml/x"),
        ("./opt/ml", "./opt/ml"),
        ("", ""),
    ],
)
def test_paths_of_the_contract_are_told_from_others(text: str, told: str) -> None:
    assert layout.moved(text, Path("/b")) == told
