from pathlib import Path

import pytest

from tools.engine.binary import Engine
from tools.engine.errors import EngineError
from tools.engine.home import StackPlace
from tools.engine.runs import StackRunner


def runner(tmp_path: Path, script: str) -> StackRunner:
    """A runner whose engine is a shell script."""
    path = tmp_path / "pulumi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    place = StackPlace(home=tmp_path / "home", mode="aws", stack="dev")
    place.prepare()
    return StackRunner(place=place, engine=Engine(path=path, version="3.259.0", source="PATH"), env={}, program=lambda: None)


def test_the_fault_of_a_missing_login_names_the_way_out(tmp_path: Path) -> None:
    script = 'echo "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions" >&2; exit 3'
    with pytest.raises(EngineError, match=r"slipway bootstrap dev.*PULUMI_BACKEND_URL=s3://.* or add --local") as raised:
        runner(tmp_path, script).outputs()
    assert "exit" not in str(raised.value)
    assert "stdout" not in str(raised.value)


def test_other_faults_are_in_the_engines_words_without_those_of_the_sdk(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as raised:
        runner(tmp_path, 'echo "error: no such thing" >&2; exit 1').export()
    assert str(raised.value) == "no such thing"


def test_the_fault_of_a_stack_file_without_a_key_names_the_command_that_makes_one(tmp_path: Path) -> None:
    script = 'echo "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE environment variable" >&2; exit 255'
    with pytest.raises(EngineError, match=r"Pulumi\.dev\.yaml names no secretsprovider; `\./slipway bootstrap dev`"):
        runner(tmp_path, script).outputs()


@pytest.mark.parametrize(
    ("file", "given"), [("secretsprovider: awskms://alias/x?region=r\n", "awskms://alias/x?region=r"), ("", "")]
)
def test_a_new_stack_on_aws_is_made_under_the_key_that_its_file_names(tmp_path: Path, file: str, given: str) -> None:
    made = runner(
        tmp_path,
        f"""
case "$*" in
*select*) echo "no stack named 'dev' found" >&2; exit 1;;
*init*) echo "$*" > {tmp_path}/init;;
*preview*) exit 1;;
esac""",
    )
    (made.place.work / "Pulumi.yaml").write_text("name: slipway\nruntime: python\n")
    (made.place.work / "Pulumi.dev.yaml").write_text(f"{file}config: {{}}\n")
    made.preview()
    told = (tmp_path / "init").read_text()
    assert "stack init dev" in told
    assert (f"--secrets-provider {given}" in told) if given else ("--secrets-provider" not in told)
