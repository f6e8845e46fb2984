"""The ledger: what a crashed run leaves is found again, and nothing else."""

from __future__ import annotations

import pytest

from catalog.types import ec2
from localcloud.kernel.ledger import Entry, Ledger


def urn(name: str, stack: str = "local") -> str:
    return f"urn:pulumi:{stack}::slipway::{ec2.VPC.token}::{name}"


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def test_outside_a_run_nothing_is_unclaimed(ledger: Ledger) -> None:
    ledger.keep(urn("a"), ec2.VPC.token, "vpc-1", {"id": "vpc-1"})
    assert ledger.unclaimed(urn("a")) is None


def test_what_the_state_lost_is_unclaimed_in_the_next_run_with_its_outputs(ledger: Ledger) -> None:
    ledger.keep(urn("a"), ec2.VPC.token, "vpc-1", {"cidrBlock": "10.0.0.0/16"})
    ledger.begin("local", [])
    assert ledger.unclaimed(urn("a")) == Entry(urn("a"), ec2.VPC.token, "vpc-1", {"cidrBlock": "10.0.0.0/16"})
    assert ledger.unclaimed(urn("b")) is None


def test_what_the_state_knows_and_what_the_run_itself_makes_is_claimed(ledger: Ledger) -> None:
    ledger.keep(urn("a"), ec2.VPC.token, "vpc-1", {})
    ledger.begin("local", [(urn("a"), "vpc-1")])
    ledger.keep(urn("b"), ec2.VPC.token, "vpc-2", {})
    assert ledger.unclaimed(urn("a")) is None
    assert ledger.unclaimed(urn("b")) is None


def test_a_replacement_s_second_resource_of_one_urn_is_unclaimed_when_only_the_first_is_known(ledger: Ledger) -> None:
    ledger.keep(urn("a"), ec2.VPC.token, "vpc-old", {})
    ledger.keep(urn("a"), ec2.VPC.token, "vpc-new", {})
    ledger.begin("local", [(urn("a"), "vpc-old")])
    left = ledger.unclaimed(urn("a"))
    assert left is not None
    assert left.id == "vpc-new"


def test_begin_tells_what_the_state_knows_but_the_cloud_has_not_got(ledger: Ledger) -> None:
    ledger.keep(urn("a"), ec2.VPC.token, "vpc-1", {})
    _, lost = ledger.begin("local", [(urn("a"), "vpc-1"), (urn("b"), "vpc-2")])
    assert lost == [urn("b")]


def test_a_good_end_names_what_nobody_claimed_of_this_stack_only(ledger: Ledger) -> None:
    ledger.keep(urn("left"), ec2.VPC.token, "vpc-1", {})
    ledger.keep(urn("known"), ec2.VPC.token, "vpc-2", {})
    ledger.keep(urn("other", "dev"), ec2.VPC.token, "vpc-3", {})
    run, _ = ledger.begin("local", [(urn("known"), "vpc-2")])
    assert [entry.id for entry in ledger.end(run, [(urn("known"), "vpc-2")])] == ["vpc-1"]


def test_a_bad_end_sweeps_nothing_and_closes_the_run(ledger: Ledger) -> None:
    ledger.keep(urn("left"), ec2.VPC.token, "vpc-1", {})
    run, _ = ledger.begin("local", [])
    assert ledger.end(run, None) == []
    assert ledger.unclaimed(urn("left")) is None
    assert [entry.id for entry in ledger.of_stack("local")] == ["vpc-1"]


def test_a_run_that_is_unknown_ends_without_a_sweep(ledger: Ledger) -> None:
    ledger.keep(urn("a"), ec2.VPC.token, "vpc-1", {})
    assert ledger.end("never begun", []) == []


def test_the_end_of_one_of_two_runs_leaves_the_other_s_knowledge(ledger: Ledger) -> None:
    ledger.keep(urn("a"), ec2.VPC.token, "vpc-1", {})
    first, _ = ledger.begin("local", [])
    ledger.begin("local", [])
    ledger.end(first, None)
    assert ledger.unclaimed(urn("a")) is not None


def test_what_is_dropped_or_reset_is_gone(ledger: Ledger) -> None:
    ledger.keep(urn("a"), ec2.VPC.token, "vpc-1", {})
    ledger.keep(urn("b"), ec2.VPC.token, "vpc-2", {})
    ledger.drop(urn("a"), "vpc-1")
    ledger.drop(urn("a"), "vpc-1")
    assert [entry.id for entry in ledger.all()] == ["vpc-2"]
    ledger.reset()
    assert ledger.all() == []


def test_outputs_that_may_hold_secrets_are_not_shown(ledger: Ledger) -> None:
    ledger.keep(urn("a"), ec2.VPC.token, "vpc-1", {"password": "hunter2"})
    assert "hunter2" not in repr(ledger.all())


def test_a_resource_that_got_another_name_or_parent_is_followed(ledger: Ledger) -> None:
    ledger.keep(urn("old"), ec2.VPC.token, "vpc-1", {"cidrBlock": "10.0.0.0/16"})
    run, _ = ledger.begin("local", [(urn("old"), "vpc-1")])
    renamed = f"urn:pulumi:local::slipway::my:mod:Net${ec2.VPC.token}::new"
    assert ledger.end(run, [(renamed, "vpc-1")]) == []
    assert ledger.all() == [Entry(renamed, ec2.VPC.token, "vpc-1", {"cidrBlock": "10.0.0.0/16"})]


def test_one_renamed_by_a_run_that_failed_is_followed_by_the_next(ledger: Ledger) -> None:
    ledger.keep(urn("old"), ec2.VPC.token, "vpc-1", {})
    run, _ = ledger.begin("local", [(urn("old"), "vpc-1")])
    ledger.end(run, None)
    run, missing = ledger.begin("local", [(urn("new"), "vpc-1")])
    assert missing == []
    assert ledger.end(run, [(urn("new"), "vpc-1")]) == []


def test_one_that_was_renamed_and_updated_in_one_run_stays(ledger: Ledger) -> None:
    ledger.keep(urn("old"), ec2.VPC.token, "vpc-1", {})
    run, _ = ledger.begin("local", [(urn("old"), "vpc-1")])
    ledger.keep(urn("new"), ec2.VPC.token, "vpc-1", {})
    assert ledger.end(run, [(urn("new"), "vpc-1")]) == []
    assert [entry.urn for entry in ledger.all()] == [urn("new")]


def test_what_the_state_lets_go_of_without_deleting_is_not_swept(ledger: Ledger) -> None:
    ledger.keep(urn("retained"), ec2.VPC.token, "vpc-1", {})
    run, _ = ledger.begin("local", [(urn("retained"), "vpc-1")])
    assert ledger.end(run, []) == []
    assert ledger.all() == []


def test_what_a_program_looks_at_is_never_swept(ledger: Ledger) -> None:
    ledger.see(urn("looked-up"), ec2.VPC.token, "vpc-1", {})  # by a preview
    run, _ = ledger.begin("local", [])
    ledger.see(urn("looked-up"), ec2.VPC.token, "vpc-1", {})
    assert ledger.end(run, []) == []
    assert ledger.all() == []


def test_an_import_is_the_stack_s_own_from_then_on(ledger: Ledger) -> None:
    run, _ = ledger.begin("local", [])
    ledger.see(urn("taken"), ec2.VPC.token, "vpc-1", {"cidrBlock": "10.0.0.0/16"})
    assert ledger.end(run, [(urn("taken"), "vpc-1")]) == []
    assert ledger.begin("local", [(urn("taken"), "vpc-1")])[1] == []
    assert [entry.outputs for entry in ledger.of_stack("local")] == [{"cidrBlock": "10.0.0.0/16"}]
