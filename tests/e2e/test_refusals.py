"""What is refused, with which exit code, and that nothing was made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import inventory, shapes, stacks
from tests.e2e.slipway import Slipway


@pytest.fixture(scope="module")
def untouched(here: Slipway) -> dict[str, list[str]]:
    here.run("local", "start")
    return inventory.of_cloud(here)


@pytest.fixture
def stack(here: Slipway, untouched: dict[str, list[str]]) -> Iterator[Slipway]:
    here.restore()
    here.edit("local", stacks.without_workloads)
    yield here
    assert inventory.of_cloud(here) == untouched
    assert here.made("local") == 0


def mandatory(policy: dict[str, Any]) -> set[str]:
    return {found["rule"] for found in policy["violations"] if found["level"] == "mandatory"}


def test_a_mandatory_violation_exits_3_and_makes_nothing(stack: Slipway) -> None:
    def change(config: dict[str, Any]) -> None:
        config["slipway:cluster"] = {"logTypes": ["api"]}
        del config["slipway:training"]
        config["slipway:serving"] = {"endpoints": {"digits": {"variants": {"main": {"autoscaling": False}}}}}

    rules = {"eks-control-plane-logs", "sagemaker-endpoint-autoscales"}
    stack.edit("local", change)
    answer = stack.run("up", "--json", code=3)
    shapes.check(answer.json, shapes.RUN)
    assert mandatory(answer.json["policy"]) == rules
    assert "nothing was touched" in answer.err
    said = stack.run("preview", code=3)
    assert all(rule in said.out for rule in rules)


def test_exceptions_and_severities_of_the_stack_file_decide_what_blocks(stack: Slipway) -> None:
    def change(config: dict[str, Any], until: str = "2999-12-31", rule: str = "eks-control-plane-logs") -> None:
        config["slipway:cluster"] = {"logTypes": ["api"]}
        terms = {"rule": rule, "resource": "*:Cluster::*", "who": "Ada", "why": "until the SIEM takes them", "until": until}
        config["slipway:policies"] = {"exceptions": [terms], "severity": {"logs-group-has-retention": "off"}}

    stack.edit("local", change)
    policy = stack.ask("preview")["policy"]
    assert mandatory(policy) == set()
    assert [(found["rule"], found["who"]) for found in policy["exceptions"]] == [("eks-control-plane-logs", "Ada")]
    assert policy["off"] == ["logs-group-has-retention"]
    said = stack.run("check").out
    assert "excepted until 2999-12-31 by Ada: until the SIEM takes them" in said
    assert "off in this stack: logs-group-has-retention" in said

    stack.edit("local", lambda config: change(config, until="2026-01-31"))
    answer = stack.run("up", "--json", code=3)
    assert mandatory(answer.json["policy"]) == {"eks-control-plane-logs", "policies-exception-expired"}

    stack.edit("local", lambda config: change(config, rule="eks-control-plane-log"))
    (line,) = stack.run("up", "--json", code=2).json["error"]["lines"]
    assert "slipway:policies.exceptions[0].rule" in line
    assert "did you mean eks-control-plane-logs" in line


def test_over_the_ceiling_exits_4_and_makes_nothing(stack: Slipway) -> None:
    def change(config: dict[str, Any]) -> None:
        config["slipway:cost"] |= {"ceilingMonthlyUsd": 1, "budgetMonthlyUsd": 1}

    stack.edit("local", change)
    answer = stack.run("up", "--json", code=4)
    shapes.check(answer.json, shapes.RUN)
    assert answer.json["cost"]["monthly_usd"] > answer.json["cost"]["ceiling_usd"] == 1
    assert "nothing was touched" in answer.err
    said = stack.run("cost", code=4)
    assert "over the ceiling" in said.out
    assert "slipway:cost.ceilingMonthlyUsd" in said.out


def test_bad_configuration_exits_2_with_every_fault_at_once(stack: Slipway) -> None:
    def change(config: dict[str, Any]) -> None:
        config["slipway:network"] |= {"cidr": "10.20.0.0/27", "zoness": 2}
        config["slipway:cluster"] = {"systemPool": {"instanceType": "m6i.largest"}}
        config["slipway:cost"]["budgetMonthlyUsd"] = -1

    stack.edit("local", change)
    answer = stack.run("up", "--json", code=2)
    lines = answer.json["error"]["lines"]
    assert answer.json["error"]["code"] == 2
    for path, value in [
        ("slipway:network.cidr", "10.20.0.0/27"),
        ("slipway:network.zoness", ""),
        ("slipway:cluster.systemPool.instanceType", "m6i.largest"),
        ("slipway:cost.budgetMonthlyUsd", "-1"),
    ]:
        mine = [line for line in lines if path in line]
        assert len(mine) == 1, (path, lines)
        assert value in mine[0]
        assert mine[0] in answer.err
    assert len(lines) == 4, lines


def test_a_stack_that_is_not_there_exits_2_and_names_those_that_are(stack: Slipway) -> None:
    for verb in ("up", "preview", "destroy", "refresh", "outputs", "export"):
        answer = stack.run(verb, "nosuch", "--json", code=2)
        assert "nosuch" in answer.err
        assert "dev, local, prod" in answer.err


def test_a_verb_or_an_option_that_is_not_there_exits_2(stack: Slipway) -> None:
    assert "launch" in stack.run("launch", code=2).err
    assert "--fast" in stack.run("up", "--fast", code=2).err


def test_outputs_of_a_stack_that_was_never_up_says_what_to_run(stack: Slipway) -> None:
    for verb in ("outputs", "export"):
        assert "slipway up prod --local" in stack.run(verb, "prod", "--local", "--json", code=1).err


def test_a_file_of_resources_is_judged_and_priced_without_a_cloud(stack: Slipway, tmp_path: Path) -> None:
    resources = tmp_path / "resources.json"
    resources.write_text(
        json.dumps(
            [
                {
                    "type": "aws:ebs/volume:Volume",
                    "name": "plain",
                    "props": {"size": 100, "type": "gp3", "availabilityZone": "us-east-1a"},
                },
                {
                    "type": "aws:iam/policy:Policy",
                    "name": "everything",
                    "props": {
                        "policy": json.dumps(
                            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
                        )
                    },
                },
            ]
        )
    )
    policy = stack.run("check", "--resources", str(resources), "--json", code=3).json
    shapes.check(policy, shapes.POLICY)
    assert {found["urn"].rpartition("::")[2] for found in policy["violations"] if found["level"] == "mandatory"} >= {"everything"}
    cost = stack.ask("cost", "--resources", str(resources))
    shapes.check(cost, shapes.COST)
    resources.write_text("[")
    assert "not JSON" in stack.run("check", "--resources", str(resources), "--json", code=2).err
