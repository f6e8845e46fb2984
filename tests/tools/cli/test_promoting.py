"""The destination of a promotion: the stack files determine it, and it is what the stacks declare."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from catalog.types import ecr, s3, sagemaker
from tests.support.stacks import STACKS, recorded_stack
from tests.support.values import read
from tools.cli.app import app
from tools.engine.stack_ref import StackRef
from tools.flows.promotion import Side
from tools.flows.stack_settings import settings_of
from tools.models import storage


def side(stack: str) -> Side:
    settings = settings_of(stack)
    clients: Any = None
    return Side(stack=StackRef(name=stack), account_id=settings.account_id, settings=settings, clients=clients)


@pytest.mark.parametrize("stack", STACKS)
def test_the_destination_of_a_promotion_is_what_the_stack_declares(stack: str) -> None:
    plan, here = recorded_stack(stack), side(stack)
    groups = {str(read(view, "modelPackageGroupName")) for view in plan.of(sagemaker.MODEL_PACKAGE_GROUP)}
    assert set(here.groups.values()) == groups
    to = here.destination("digits")
    bucket, job = storage.split(f"{to.folder}/x")
    assert bucket in {read(view, "bucket") for view in plan.of(s3.BUCKET)}
    assert job == "digits/promoted/x"
    repositories = {read(view, "name") for view in plan.of(ecr.REPOSITORY)}
    assert to.repository.partition("/")[2] in repositories


def test_promoting_a_job_that_the_other_environment_lacks_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"dev has no job digits-candidate that leaves a model .* declare it in Pulumi\.dev\.yaml"
    ):
        side("dev").destination("digits-candidate")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--from", "dev", "--to", "dev"), "--from and --to are both dev"),
        (("--from", "local", "--to", "dev"), "stack local is this machine's; add --local"),
        (("--from", "dev", "--to", "nowhere", "--local"), "there is no stack 'nowhere'"),
    ],
)
def test_stacks_between_which_nothing_can_be_promoted_are_wrong_use(
    arguments: tuple[str, ...], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from localcloud import client

    monkeypatch.setattr(client, "find", lambda _: SimpleNamespace(environment=dict))
    result = CliRunner().invoke(app, ["models", "promote", "digits", *arguments])
    assert result.exit_code == 2
    assert says in result.stderr
