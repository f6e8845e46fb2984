import os
from pathlib import Path

import pytest
import yaml

from tools.engine import workspace
from tools.engine.binary import Engine
from tools.engine.dynamic_host import PACKAGE
from tools.engine.home import REPOSITORY, StackPlace
from tools.engine.stack_ref import stack_source

ENGINE = Engine(path=Path("/engine/bin/pulumi"), version="3.259.0", source="PATH")
STACK_FILE = """secretsprovider: awskms://alias/slipway
encryptedkey: abc
config:
  aws:region: eu-west-1
  slipway:owner: ml
  slipway:token:
    secure: v1:xyz
  slipway:nested:
    list: [{secure: q}, plain]
"""


@pytest.fixture
def place(tmp_path: Path) -> StackPlace:
    place = StackPlace(home=tmp_path / "home", mode="local", stack="prod")
    place.prepare()
    return place


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.prod.yaml").write_text(STACK_FILE)
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    return tmp_path


def test_the_copy_has_no_encryption_of_the_environment_and_the_repository_s_file_is_untouched(
    place: StackPlace, folder: Path
) -> None:
    notes = workspace.write_work_directory(place, folder=folder)
    copy = yaml.safe_load((place.work / "Pulumi.prod.yaml").read_text())
    assert set(copy) == {"config"}
    assert copy["config"]["slipway:token"] == workspace.REHEARSAL_SECRET
    assert copy["config"]["slipway:nested"] == {"list": [workspace.REHEARSAL_SECRET, "plain"]}
    assert copy["config"]["slipway:owner"] == "ml"
    assert "slipway:token, slipway:nested.list[0]" in notes[0]
    assert (folder / "Pulumi.prod.yaml").read_text() == STACK_FILE
    assert workspace.region(place) == "eu-west-1"


def test_the_salt_that_the_engine_wrote_stays_so_the_state_can_be_opened(place: StackPlace, folder: Path) -> None:
    workspace.write_work_directory(place, folder=folder)
    target = place.work / "Pulumi.prod.yaml"
    target.write_text(target.read_text() + "encryptionsalt: v1:salt\n")
    workspace.write_work_directory(place, folder=folder)
    assert yaml.safe_load(target.read_text())["encryptionsalt"] == "v1:salt"


def test_an_unchanged_stack_file_is_not_written_again(place: StackPlace, folder: Path) -> None:
    workspace.write_work_directory(place, folder=folder)
    before = (place.work / "Pulumi.prod.yaml").stat().st_mtime_ns
    workspace.write_work_directory(place, folder=folder)
    assert (place.work / "Pulumi.prod.yaml").stat().st_mtime_ns == before


def test_the_error_for_an_unknown_stack_lists_the_stacks_there_are(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match="Stacks there: dev, prod"):
        stack_source("staging", folder)


def test_the_local_environment_reaches_the_local_cloud_and_nothing_of_the_user_s(place: StackPlace, tmp_path: Path) -> None:
    base = {"PATH": "/usr/bin", "NO_PROXY": "corp.example", "SLIPWAY_CACHE": str(tmp_path / "cache")}
    env = workspace.environment(
        place,
        ENGINE,
        base=base,
        cloud={"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_REGION": "us-east-1"},
        providers={"aws": 7, "kubernetes": 8},
        region="eu-west-1",
    )
    assert env["PULUMI_DEBUG_PROVIDERS"] == "aws:7,kubernetes:8"
    assert env["PULUMI_BACKEND_URL"] == f"file://{place.backend}"
    assert env["PULUMI_HOME"].startswith(str(place.home))
    assert env["AWS_REGION"] == env["AWS_DEFAULT_REGION"] == "eu-west-1", "the stack's region, not the cloud's default"
    assert env["PULUMI_SKIP_CHECKPOINTS"] == "true"
    assert "PULUMI_CONFIG_PASSPHRASE" not in env, "a passphrase is never in an environment, only its file's name"
    assert env["NO_PROXY"] == "corp.example,127.0.0.1,localhost"
    assert env["PATH"].split(os.pathsep)[0] == "/engine/bin"
    assert env["PYTHONPATH"].split(os.pathsep)[0] == str(REPOSITORY)


def test_checkpoints_can_be_asked_for(place: StackPlace, tmp_path: Path) -> None:
    base = {"PATH": "", "SLIPWAY_CACHE": str(tmp_path), "SLIPWAY_CHECKPOINTS": "1"}
    assert "PULUMI_SKIP_CHECKPOINTS" not in workspace.environment(place, ENGINE, base=base, cloud={})


def test_an_aws_stack_keeps_the_user_s_backend_and_its_checkpoints(tmp_path: Path) -> None:
    place = StackPlace(home=tmp_path, mode="aws", stack="dev")
    env = workspace.environment(place, ENGINE, base={"PATH": "", "SLIPWAY_CACHE": str(tmp_path / "cache")})
    for name in ("PULUMI_BACKEND_URL", "PULUMI_DEBUG_PROVIDERS", "PULUMI_SKIP_CHECKPOINTS", "AWS_ENDPOINT_URL", "PULUMI_HOME"):
        assert name not in env


def test_the_engine_attaches_to_the_dynamic_host_when_it_is_up() -> None:
    variables = {"PULUMI_DEBUG_PROVIDERS": "aws:7"}
    assert workspace.with_provider(variables, PACKAGE, 9)["PULUMI_DEBUG_PROVIDERS"] == "aws:7,pulumi-python:9"
    assert workspace.with_provider(variables, PACKAGE, 0) == variables
    assert workspace.with_provider({}, PACKAGE, 9)["PULUMI_DEBUG_PROVIDERS"] == "pulumi-python:9"


def test_stack_files_come_from_the_folder_that_slipway_stacks_names(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_STACKS", str(folder))
    assert stack_source("prod") == folder / "Pulumi.prod.yaml"
    monkeypatch.delenv("SLIPWAY_STACKS")
    assert stack_source("local") == REPOSITORY / "Pulumi.local.yaml"


def test_a_rehearsal_runs_in_the_emulated_account_whatever_account_the_environment_names() -> None:
    config = {"slipway:accountId": "222222222222", "aws:allowedAccountIds": ["222222222222"], "slipway:environment": "prod"}
    document, _ = workspace.local_stack_file({"config": config})
    here = {"slipway:accountId": "123456789012", "aws:allowedAccountIds": ["123456789012"], "slipway:environment": "prod"}
    assert document["config"] == here


@pytest.mark.parametrize("name", ["../prod", "a/../prod", "a b", "", "-prod", ".prod", "x" * 101, "pr\u00f6d", "prod\n"])
def test_a_name_that_pulumi_refuses_never_becomes_a_path(folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name of a stack"):
        stack_source(name, folder)


def test_a_folder_is_no_stack_file(folder: Path) -> None:
    (folder / "Pulumi.odd.yaml").mkdir()
    with pytest.raises(FileNotFoundError, match="Stacks there: dev, prod"):
        stack_source("odd", folder)


def test_only_the_user_can_read_state_and_logs_and_the_mode_of_the_home_stays(tmp_path: Path) -> None:
    home = tmp_path / "shared"
    home.mkdir()
    home.chmod(0o755)
    (home / "state").mkdir(mode=0o755)
    place = StackPlace(home=home, mode="local", stack="prod")
    place.prepare()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (home, place.backend, place.logs, home / "stacks")}
    assert modes == {"shared": 0o755, "state": 0o700, "logs": 0o700, "stacks": 0o700}
    assert place.passphrase_file.stat().st_mode & 0o777 == 0o600
