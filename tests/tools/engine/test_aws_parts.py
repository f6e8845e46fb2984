"""The parts of pulumi-aws that a program uses, in a process of their own: this one may have imported all of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tools.engine.home import REPOSITORY


def run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


BEGIN = "import sys\nfrom tools.engine.aws_parts import use_parts\nuse_parts(['sqs'])\nimport pulumi_aws as aws\n"


def test_a_resource_is_imported_without_the_others_of_its_service() -> None:
    loaded = run(BEGIN + "aws.sqs.Queue\nprint(*sorted(name for name in sys.modules if name.startswith('pulumi_aws.sqs')))")
    assert loaded.split() == ["pulumi_aws.sqs", "pulumi_aws.sqs.queue"]


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("Queue", "queue"),
        ("QueueArgs", "queue"),
        ("RedrivePolicy", "redrive_policy"),
        ("get_queue", "get_queue"),
        ("get_queue_output", "get_queue"),
    ],
)
def test_a_name_is_the_one_of_its_module(name: str, module: str) -> None:
    part = f"import importlib\npart = importlib.import_module('pulumi_aws.sqs.{module}')\n"
    assert run(BEGIN + part + f"print(aws.sqs.{name} is part.{name})") == "True"
    assert run(BEGIN + f"first = aws.sqs.{name}\n" + part + f"print(first is aws.sqs.{name} is part.{name})") == "True"


def test_a_name_that_is_in_no_module_of_that_name_makes_the_package_whole() -> None:
    assert run(BEGIN + "print(aws.sqs.GetQueuesResult.__module__, len(vars(aws.sqs)) > 10)") == "pulumi_aws.sqs.get_queues True"
    wrong = "try: aws.sqs.Nonsense\nexcept AttributeError as error: print(error)"
    assert "Nonsense" in run(BEGIN + wrong)


def test_what_is_imported_already_is_left_alone() -> None:
    script = (
        "import pulumi_aws as aws\naws.sqs.Queue\nfrom tools.engine.aws_parts import ServicePart, use_parts\nuse_parts(['sqs'])\n"
    )
    assert run(script + "import sys\nprint(isinstance(sys.modules['pulumi_aws.sqs'], ServicePart))") == "False"
