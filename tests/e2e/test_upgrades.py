"""Every recorded state, previewed by today's program with the engine: nothing that holds data is replaced or deleted unsaid."""

from __future__ import annotations

import json
import shutil
from typing import Any
from unittest import mock

import pytest

from tests.e2e.slipway import Slipway
from tests.support.stacks import ROOT
from tests.upgrades.changelog import failure_message, replaced, surprises
from tests.upgrades.recorded import Recorded, put, recorded
from tests.upgrades.scrub import SECRET
from tools.engine import sessions
from tools.engine.program import program
from tools.engine.stack_ref import StackRef
from tools.flows.documents.run import run_document
from tools.report.change import Change
from tools.report.change_reader import read

STATES = recorded()
NEWEST_LOCAL = next(kept for kept in reversed(STATES) if kept.stack == "local")


@pytest.fixture(scope="module")
def cloud(here: Slipway) -> Slipway:
    """A local cloud with nothing in it: a preview compares the program with the state, and the state is all that it needs."""
    here.run("local", "start")
    return here


def resources(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["deployment"]["resources"]
    return found


def previewed(here: Slipway, kept: Recorded, document: dict[str, Any]) -> Change:
    """What `preview` says of a recorded state, under the stack file that it was made with."""
    shutil.copyfile(kept.stack_file, here.stacks / f"Pulumi.{kept.stack}.yaml")
    put(here.place(kept.stack), document, here.cloud().epoch)
    # In this process, which has the program loaded: half of what a command line of its own takes.
    stack = StackRef(name=kept.stack, local=True)
    with (
        mock.patch.object(sessions, "DynamicHost", here.hosts.lend),
        sessions.open_stack(stack, "preview", program=program, env=here.env, folder=here.stacks) as session,
    ):
        result = session.runner.preview()
    change = read(run_document(kept.stack, result.seconds, result, None))
    assert not change.faults, (
        f"today's program does not take what {kept} had: {'; '.join(change.faults)}\nTake the old setting too, or say under "
        f"Changed in CHANGELOG.md what to write instead and do the same in {kept.stack_file.relative_to(ROOT)}."
    )
    return change


@pytest.mark.parametrize("kept", STATES, ids=str)
def test_an_upgrade_loses_nothing_that_holds_data_but_what_the_changelog_names(cloud: Slipway, kept: Recorded) -> None:
    change = previewed(cloud, kept, kept.document())
    # What was recorded is what is compared: most of it is as it was.
    assert change.counts["same"] > 100, change.counts
    found = surprises(change.changed, replaced((ROOT / "CHANGELOG.md").read_text(encoding="utf-8")), kept.release)
    assert not found, failure_message(found, str(kept))


def test_a_rename_and_a_forced_replace_are_surprises(cloud: Slipway) -> None:
    """A recorded state as it would be had the program of then named a log group and a repository otherwise."""
    made = NEWEST_LOCAL.document()
    logs = next(item["urn"] for item in resources(made) if item["urn"].endswith(":LogGroup::slipway-local-vpc-flow"))
    # By text, since what depends on a resource names it too.
    document = json.loads(json.dumps(made).replace(f'"{logs}"', f'"{logs}-of-then"'))
    images = next(item for item in resources(document) if item["urn"].endswith(":Repository::slipway-local-training"))
    images["inputs"]["name"] = images["outputs"]["name"] = "training-of-then"
    # And a secret of then, as it is recorded: the engine must take the stand-in.
    images["outputs"]["registryId"] = SECRET
    found = surprises(previewed(cloud, NEWEST_LOCAL, document).changed, (), NEWEST_LOCAL.release)
    assert {(one.op, one.kind, one.because) for one in found} == {
        ("replace", "Repository", ("name",)),
        ("delete", "LogGroup", ()),
    }
    assert "loses its images" in failure_message(found, str(NEWEST_LOCAL))


def test_a_loss_of_what_is_protected_fails_the_preview_and_names_the_setting(cloud: Slipway) -> None:
    kept = next(one for one in reversed(STATES) if one.stack == "prod")
    document = kept.document()
    bucket = next(item for item in resources(document) if item["urn"].endswith(":Bucket::slipway-prod-raw"))
    bucket["inputs"]["bucket"] = bucket["outputs"]["bucket"] = "raw-of-then"
    shutil.copyfile(kept.stack_file, cloud.stacks / "Pulumi.prod.yaml")
    put(cloud.place("prod"), document, cloud.cloud().epoch, protected=True)
    answer = cloud.run("preview", "prod", "--local", code=1)
    assert "slipway-prod-raw: is protected, and this change would replace it (aws:s3/bucket:Bucket)" in answer.err
    assert "set slipway:protect: false in Pulumi.prod.yaml" in answer.err
