"""The parts of pulumi-aws that a program uses, imported in processes of their own: this process may have imported all of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tools.engine.home import REPOSITORY

# Imports Pulumi's SDK once and forks for each script, so that a script starts fast and with nothing of pulumi_aws imported.
FORKS = """
import io, json, os, sys, traceback
import pulumi
import tools.engine.aws_parts
for line in sys.stdin:
    reader, writer = os.pipe()
    if os.fork() == 0:
        sys.stdout = io.StringIO()
        try:
            exec(json.loads(line), {})
        except BaseException:
            traceback.print_exc(file=sys.stdout)
        os.write(writer, sys.stdout.getvalue().encode())
        os._exit(0)
    os.close(writer)
    os.wait()
    print(json.dumps(open(reader).read().strip()), flush=True)
"""


@pytest.fixture(scope="module")
def run() -> Iterator[Callable[[str], str]]:
    """Runs a script in a fresh fork of one process, and gives back what it prints (a traceback where it raised)."""
    process = subprocess.Popen(
        [sys.executable, "-c", FORKS], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    questions, answers = process.stdin, process.stdout

    def ask(script: str) -> str:
        questions.write(json.dumps(script) + "\n")
        questions.flush()
        return str(json.loads(answers.readline()))

    yield ask
    questions.close()
    process.wait(30)
    answers.close()


BEGIN = "import sys\nfrom tools.engine.aws_parts import use_parts\nuse_parts(['sqs'])\nimport pulumi_aws as aws\n"


def test_a_resource_is_imported_without_the_others_of_its_service(run: Callable[[str], str]) -> None:
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
def test_a_name_is_the_same_object_as_in_its_module(name: str, module: str, run: Callable[[str], str]) -> None:
    part = f"import importlib\npart = importlib.import_module('pulumi_aws.sqs.{module}')\n"
    assert run(BEGIN + part + f"print(aws.sqs.{name} is part.{name})") == "True"
    assert run(BEGIN + f"first = aws.sqs.{name}\n" + part + f"print(first is aws.sqs.{name} is part.{name})") == "True"


def test_a_name_without_a_module_of_its_own_imports_the_whole_package(run: Callable[[str], str]) -> None:
    assert run(BEGIN + "print(aws.sqs.GetQueuesResult.__module__, len(vars(aws.sqs)) > 10)") == "pulumi_aws.sqs.get_queues True"
    wrong = "try: aws.sqs.Nonsense\nexcept AttributeError as error: print(error)"
    assert "Nonsense" in run(BEGIN + wrong)


def test_a_service_that_is_imported_already_is_left_alone(run: Callable[[str], str]) -> None:
    script = (
        "import pulumi_aws as aws\naws.sqs.Queue\nfrom tools.engine.aws_parts import ServicePart, use_parts\nuse_parts(['sqs'])\n"
    )
    assert run(script + "import sys\nprint(isinstance(sys.modules['pulumi_aws.sqs'], ServicePart))") == "False"
