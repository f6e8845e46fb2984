"""The words for a person: the table of steps, the notes, and the way out of a refusal."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from tests.tools.bootstrap.conftest import account, client, run
from tools.bootstrap.errors import BootstrapError, asking
from tools.bootstrap.step import Outcome
from tools.cli.show import bootstrap as show_bootstrap
from tools.engine.stack_ref import StackRef, stack_source
from tools.flows.bootstrapping import Bootstrap
from tools.flows.documents.bootstrap import bootstrap_document
from tools.flows.stack_settings import settings_of


def began(tmp_path: Path, *, provider: str = "existing", text: str = "config: {}\n", **changes: Any) -> Bootstrap:
    """A bootstrap of dev over moto; `text` is the stack file."""
    settings = settings_of("dev")
    assert settings.identity.ci is not None
    ci = settings.identity.ci.model_copy(update={"provider": provider})
    settings = settings.model_copy(update={"identity": settings.identity.model_copy(update={"ci": ci})})
    source = tmp_path / stack_source("dev").name
    source.write_text(text)
    clients: Any = None
    return Bootstrap(
        stack=StackRef(name="dev"),
        settings=settings,
        source=source,
        account=account(**changes),
        clients=clients,
        reach={},
        say=print,
    )


def test_a_thing_is_one_line_that_names_its_mended_aspects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [
        ("state key", "key", "made"),
        ("state key", "alias", "made"),
        ("state bucket", "bucket", "found"),
        ("state bucket", "versions", "mended"),
        ("state bucket", "policy", "made"),
        ("up role", "role", "found"),
    ]
    show_bootstrap.table(began(tmp_path), [Outcome(thing=thing, aspect=aspect, op=op) for thing, aspect, op in steps])
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "made state key alias/slipway-state",
        "mended state bucket slipway-state-123456789012-us-east-1: versions, policy",
        "found up role slipway-dev-up",
    ]


def test_the_commands_that_follow_name_the_bucket_and_both_roles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_bootstrap.next_steps(began(tmp_path))
    said = capsys.readouterr().out
    assert "export PULUMI_BACKEND_URL=s3://slipway-state-123456789012-us-east-1\n" in said
    role = "arn:aws:iam::123456789012:role/slipway-bootstrap/slipway-dev-up"
    assert f"gh variable set AWS_UP_ROLE_ARN --repo example/slipway --body {role}\n" in said


def test_without_a_fault_there_is_nothing_to_note(tmp_path: Path) -> None:
    run()
    assert began(tmp_path).notes() == []


def test_a_stack_that_would_make_the_provider_again_is_noted(tmp_path: Path) -> None:
    run()
    (note,) = began(tmp_path, provider="create").notes()
    assert "set slipway:identity.ci.provider to existing in Pulumi.dev.yaml" in note


def test_the_note_on_a_provider_that_a_stack_made_says_when_it_would_be_deleted(tmp_path: Path) -> None:
    tags = [{"Key": "ManagedBy", "Value": "pulumi"}, {"Key": "Environment", "Value": "prod"}]
    client("iam", "us-east-1").create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"], Tags=tags
    )
    (note,) = began(tmp_path, provider="create").notes()
    assert "is the stack's of environment prod: when that stack is destroyed" in note


def test_without_a_repository_no_role_is_made_and_a_note_says_how_to_name_one(tmp_path: Path) -> None:
    here = began(tmp_path, repository="")
    assert {step.thing for step in here.steps()} == {"state key", "state bucket"}
    (note,) = here.notes()
    assert "Set slipway:identity.ci.repository, or give --repository OWNER/NAME" in note
    assert bootstrap_document(here, [], dry_run=True)["variables"] == {
        "PULUMI_BACKEND_URL": "s3://slipway-state-123456789012-us-east-1"
    }


def test_the_note_on_a_file_with_another_encryption_names_the_command_that_changes_it(tmp_path: Path) -> None:
    run()
    (note,) = began(tmp_path, text="encryptionsalt: v1:a\nconfig: {}\n").notes()
    assert 'pulumi stack change-secrets-provider "awskms://alias/slipway-state?region=us-east-1" --stack dev' in note


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "CreateRole")


@pytest.mark.parametrize(
    ("raised", "says"),
    [
        (refusal("AccessDenied"), r"refused \(AccessDenied\): no\nthese credentials may not; use ones that may administer IAM"),
        (refusal("LimitExceeded"), r"refused \(LimitExceeded\): no\nwhat was done is kept: run the same again"),
        (NoCredentialsError(), "this shell has no AWS credentials .* or --local to rehearse it here"),
        (EndpointConnectionError(endpoint_url="https://iam"), r"no answer: .*\nwhat was done is kept: run the same again"),
    ],
)
def test_a_step_that_is_refused_says_which_and_the_way_out(raised: Exception, says: str) -> None:
    with pytest.raises(BootstrapError, match=f"up role, role: {says}"), asking("up role, role"):
        raise raised


def test_the_document_lists_every_step_by_its_thing_and_aspect(tmp_path: Path) -> None:
    outcomes = run()
    told = bootstrap_document(began(tmp_path), outcomes, dry_run=False)
    assert told["steps"] == [dataclasses.asdict(one) for one in outcomes]
    assert json.loads(json.dumps(told)) == told
