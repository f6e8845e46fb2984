"""What a verb that uses a stack is told: the stack's outputs and clients, or why there are none and the command."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from localcloud import client
from tests.tools.jobs.make import outputs
from tools.engine import sessions
from tools.engine.stack_ref import StackRef
from tools.flows.deployed import deployed

REACH = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the state and the local cloud answer, to be changed by a test."""
    told = {**outputs(digits={}), "region": "eu-west-1", "ceilingMonthlyUsd": 100}
    cloud = SimpleNamespace(epoch="one", environment=lambda: REACH)
    answers: dict[str, Any] = {"outputs": told, "cloud": cloud}
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    reader = SimpleNamespace(outputs=lambda: answers["outputs"])
    monkeypatch.setattr(sessions, "reader", lambda stack: reader)
    monkeypatch.setattr(client, "find", lambda home: answers["cloud"])
    return answers


def test_a_stack_that_is_up_gives_its_jobs_and_clients_on_its_own_cloud(stack: dict[str, Any]) -> None:
    found = deployed(StackRef())
    assert (list(found.jobs), found.ceiling_usd) == (["digits"], 100.0)
    assert (found.runner.region, found.runner.local) == ("eu-west-1", True)
    assert deployed(StackRef(name="prod", local=True)).runner.local is True
    assert deployed(StackRef(name="prod")).runner.local is False


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"outputs": {}}, "stack prod is not up; run `./slipway up prod --local` first"),
        ({"outputs": {"region": "eu-west-1", "ceilingMonthlyUsd": 1}}, "run `./slipway up` once more"),
        ({"cloud": None}, "the local cloud does not run, and what it had is gone; run `./slipway up prod --local`"),
    ],
)
def test_one_that_is_not_is_told_with_the_command(stack: dict[str, Any], change: dict[str, Any], said: str) -> None:
    stack.update(change)
    with pytest.raises(ValueError, match=said):
        deployed(StackRef(name="prod", local=True))


def test_a_cloud_that_was_restarted_has_none_of_it(stack: dict[str, Any]) -> None:
    place = sessions.place_of(StackRef())
    place.epoch_file.parent.mkdir(parents=True)
    place.epoch_file.write_text("another life")
    with pytest.raises(ValueError, match="was restarted and is empty"):
        deployed(StackRef())
