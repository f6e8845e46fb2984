"""`bootstrap` as its user runs it, and the genuine engine on what it made: a state in the bucket, secrets under the key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
import yaml

from localcloud.kernel.account import ACCOUNT
from tests.e2e import stacks
from tests.e2e.slipway import Slipway, until
from tools.engine import sessions, workspace
from tools.engine.stack_ref import StackRef
from tools.engine.workspace import loopback_without_proxy

BUCKET = f"slipway-state-{ACCOUNT}-us-east-1"
SECRET = "hunter2-and-more"


def in_the_account(config: dict[str, Any]) -> None:
    """The local cloud is the account: what is typed here would be typed on AWS."""
    stacks.without_workloads(config)
    config["slipway:accountId"] = ACCOUNT
    config["aws:allowedAccountIds"] = [ACCOUNT]
    config["slipway:identity"] = {"ci": {"repository": "example/slipway", "provider": "existing"}}


@pytest.fixture(scope="module")
def shell(here: Slipway) -> dict[str, str]:
    """What a shell with credentials would have, of the local cloud; the stack file names its account."""
    here.edit("dev", in_the_account)
    here.run("local", "start")
    return {**here.cloud().environment(), **loopback_without_proxy({})}


@pytest.fixture
def clean(here: Slipway, shell: dict[str, str]) -> Iterator[None]:
    """An empty account, and a stack file that says nothing of encryption."""
    here.run("local", "reset")
    path = here.stacks / "Pulumi.dev.yaml"
    before = path.read_text()
    yield
    path.write_text(before)


def ops(answer: dict[str, Any]) -> set[str]:
    return {step["op"] for step in answer["steps"]}


def test_a_rehearsal_makes_all_of_it_once_and_leaves_the_stack_file_alone(here: Slipway, clean: None) -> None:
    before = (here.stacks / "Pulumi.dev.yaml").read_text()
    first = here.run("bootstrap", "dev", "--local", "--yes")
    assert "made    state bucket" in first.out
    assert "nothing of AWS was touched" in first.out
    assert ops(here.ask("bootstrap", "dev", "--local", "--yes")) == {"found"}
    assert (here.stacks / "Pulumi.dev.yaml").read_text() == before


def test_nothing_is_touched_that_was_not_asked_for(here: Slipway, shell: dict[str, str], clean: None) -> None:
    asked = here.run("bootstrap", "dev", env=shell, code=1)
    assert "run again with --yes" in asked.err
    planned = json.loads(here.run("bootstrap", "dev", "--dry-run", "--json", env=shell).out)
    assert ops(planned) == {"make"}
    here.edit(
        "dev", lambda config: config.update({"slipway:accountId": "222222222222", "aws:allowedAccountIds": ["222222222222"]})
    )
    other = here.run("bootstrap", "dev", "--yes", env=shell, code=2)
    assert f"these credentials are of account {ACCOUNT}, and Pulumi.dev.yaml is for 222222222222" in other.err
    assert "needs none" in here.run("bootstrap", "local", code=2).err
    assert here.boto("s3").list_buckets()["Buckets"] == []
    assert here.boto("kms").list_keys()["Keys"] == []


def test_killed_in_the_middle_and_run_again_nothing_is_there_twice(here: Slipway, shell: dict[str, str], clean: None) -> None:
    run = here.start("bootstrap", "dev", "--yes", env=shell)
    until(lambda: here.boto("kms").list_keys()["Keys"], "the key is made", still=run)
    run.kill()
    answer = json.loads(here.run("bootstrap", "dev", "--yes", "--json", env=shell).out)
    assert ops(answer) <= {"found", "made", "mended"}
    assert ops(json.loads(here.run("bootstrap", "dev", "--json", env=shell).out)) == {"found"}
    assert len(here.boto("kms").list_keys()["Keys"]) == 1


def test_the_engine_keeps_its_state_in_the_bucket_and_its_secrets_under_the_key(
    here: Slipway, shell: dict[str, str], clean: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = json.loads(here.run("bootstrap", "dev", "--yes", "--json", env=shell).out)
    assert answer["notes"] == []
    file = yaml.safe_load((here.stacks / "Pulumi.dev.yaml").read_text())
    assert file["secretsprovider"] == answer["secretsProvider"]
    cloud = here.cloud()
    typed = {**shell, "PULUMI_BACKEND_URL": answer["variables"]["PULUMI_BACKEND_URL"], "PULUMI_HOME": str(here.root / "pulumi")}
    # The one thing that is not as on AWS: whose plug-in makes the queue.
    typed |= {"PULUMI_DEBUG_PROVIDERS": workspace.attached(cloud.providers)}
    for name, value in typed.items():
        monkeypatch.setenv(name, value)

    def program() -> None:
        aws.sqs.Queue("queue", name="kept")
        pulumi.export("token", pulumi.Output.secret(SECRET))

    with sessions.open_stack(StackRef(name="dev"), "up", program=program, env=here.env) as session:
        result = session.changing(session.runner.up)
    assert result.ok, result.faults
    objects = here.boto("s3").list_objects_v2(Bucket=BUCKET, Prefix=".pulumi/stacks/")["Contents"]
    assert ".pulumi/stacks/slipway/dev.json" in [item["Key"] for item in objects]
    kept = here.boto("s3").get_object(Bucket=BUCKET, Key=".pulumi/stacks/slipway/dev.json")
    assert kept["ServerSideEncryption"] == "aws:kms"
    text = kept["Body"].read().decode()
    assert SECRET not in text
    providers = json.loads(text)["checkpoint"]["latest"]["secrets_providers"]
    assert (providers["type"], providers["state"]["url"]) == ("cloud", answer["secretsProvider"])
    assert providers["state"]["encryptedkey"] == file["encryptedkey"], "the data key that everybody's copy of the file has"
    assert sessions.reader(StackRef(name="dev"), env=here.env).outputs(show_secrets=True) == {"token": SECRET}
    with sessions.open_stack(StackRef(name="dev"), "destroy", program=program, env=here.env) as session:
        assert session.changing(session.runner.destroy).ok
