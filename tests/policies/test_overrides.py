"""A stack's own severities and exceptions: which violations they let through, until when, and how they are reported."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from catalog.types import cloudwatch, s3
from infra.governance.settings import PoliciesSettings
from policies.evaluate import Report, evaluate
from policies.overrides import EXPIRED, POLICIES_KEY, UNUSED, Overrides
from policies.rules import all_rules
from policies.verdict import Verdict
from tests.policies.parts import TAGS
from tests.policies.test_pack import PACK, diagnostics, resource
from tools.plan.view import UNKNOWN, Plan, ResourceView

TODAY = date(2027, 1, 15)
RULE = "logs-group-has-retention"
OTHER = "logs-group-is-encrypted"


def logs(name: str = "old-logs", **props: Any) -> ResourceView:
    urn = f"urn:pulumi:dev::slipway::{cloudwatch.LOG_GROUP.token}::{name}"
    return ResourceView(type=cloudwatch.LOG_GROUP.token, name=name, urn=urn, props={"kmsKeyId": "k", "tags": TAGS, **props})


def exception(**changes: Any) -> dict[str, Any]:
    return {"rule": RULE, "resource": "old-logs", "who": "Ada", "why": "moves in March", "until": "2027-03-31", **changes}


def judged(*exceptions: dict[str, Any], today: date = TODAY, whole: bool = True, views: Any = None, **severity: str) -> Report:
    overrides = Overrides.read(
        {"exceptions": list(exceptions), "severity": {k.replace("_", "-"): v for k, v in severity.items()}}
    )
    return evaluate(Plan(views or [logs()]), overrides=overrides, today=today, whole=whole)


def rules_of(report: Report) -> set[tuple[str, str]]:
    return {(found.rule, found.level) for found in report.violations}


def test_without_overrides_the_rule_blocks() -> None:
    assert rules_of(judged()) == {(RULE, "mandatory")}


def test_a_live_exception_lets_one_violation_through_and_names_who_agreed() -> None:
    report = judged(exception())
    assert report.violations == report.mandatory == ()
    (found,) = report.to_json()["exceptions"]
    assert found["rule"] == RULE
    assert (found["who"], found["why"], found["until"]) == ("Ada", "moves in March", "2027-03-31")
    assert report.exceptions[0].exception.terms() == "excepted until 2027-03-31 by Ada: moves in March"


@pytest.mark.parametrize("pattern", ["old-logs", "old-*", "urn:pulumi:dev::*::old-logs", "*:LogGroup::*"])
def test_a_resource_is_named_by_name_by_urn_or_by_a_pattern(pattern: str) -> None:
    assert rules_of(judged(exception(resource=pattern))) == set()


def test_an_exception_covers_its_own_rule_and_its_own_resource_only() -> None:
    report = judged(exception(), views=[logs(), logs("new-logs"), logs("old-logs-2")])
    assert [found.urn.rpartition("::")[2] for found in report.mandatory] == ["new-logs", "old-logs-2"]
    assert rules_of(judged(exception(rule=OTHER))) == {(RULE, "mandatory"), (UNUSED, "advisory")}


@given(st.integers(-400, 400))
def test_an_exception_holds_through_its_day_and_blocks_from_the_next(days: int) -> None:
    until = TODAY + timedelta(days=days)
    report = judged(exception(until=until.isoformat()))
    assert rules_of(report) == (set() if days >= 0 else {(RULE, "mandatory"), (EXPIRED, "mandatory")})


def test_an_expired_exception_blocks_though_nothing_breaks_its_rule_and_names_the_way_out() -> None:
    report = judged(exception(until="2027-01-14"), views=[logs(retentionInDays=30)])
    (found,) = report.mandatory
    assert found.rule == EXPIRED
    assert found.urn == "slipway:policies.exceptions[0]"
    assert "ended on 2027-01-14 (Ada: moves in March)" in found.message
    assert "take slipway:policies.exceptions[0] out" in found.message


def test_an_exception_that_nothing_needs_is_advice_where_the_whole_stack_is_judged() -> None:
    mended = [logs(retentionInDays=30)]
    assert rules_of(judged(exception(), views=mended)) == {(UNUSED, "advisory")}
    assert rules_of(judged(exception(), views=mended, whole=False)) == set()
    waiting = judged(exception(), views=[logs(retentionInDays=UNKNOWN)])
    assert rules_of(waiting) == set(), "only `up` knows whether it is needed"
    assert waiting.unknown


def test_severities_are_the_stacks_own() -> None:
    assert rules_of(judged(logs_group_has_retention="advisory")) == {(RULE, "advisory")}
    report = judged(logs_group_has_retention="off")
    assert rules_of(report) == set()
    assert report.off == (RULE,)
    assert report.rules == len(all_rules()) - 1


def test_a_bare_off_that_yaml_reads_as_false_switches_a_rule_off() -> None:
    overrides = Overrides.read({"severity": {RULE: False}})
    assert evaluate(Plan([logs()]), overrides=overrides).off == (RULE,)
    assert PoliciesSettings.model_validate({"severity": {RULE: False}}).severity == {RULE: "off"}


def test_no_exception_covers_a_rule_that_raises() -> None:
    rule = next(rule for rule in all_rules() if rule.id == RULE)

    def raises(view: ResourceView) -> Verdict:
        raise ZeroDivisionError

    broken = type(rule)(id=RULE, severity="mandatory", cards=(cloudwatch.LOG_GROUP,), why="w", fix="f", judge=raises)
    overrides = Overrides.read({"exceptions": [exception()]})
    assert evaluate(Plan([logs()]), [broken], overrides=overrides, today=TODAY).mandatory


def test_an_unknown_rule_is_named_with_the_nearest() -> None:
    overrides = Overrides.read(
        {"severity": {"logs-group-has-retentoin": "off"}, "exceptions": [exception(), exception(rule="zzz")]}
    )
    first, second = overrides.unknown_rules(all_rules())
    assert first[:2] == ("slipway:policies.severity", "logs-group-has-retentoin")
    assert RULE in first[2]
    assert second[:2] == ("slipway:policies.exceptions[1].rule", "zzz")
    assert "slipway check --list" in second[2]


def _answers_of_the_pack(policies: dict[str, Any], tmp_path: Path) -> tuple[Any, Any]:
    """What the pack, started by the engine's command with a stack's configuration, reports on a resource and on the stack."""
    environment = {"PULUMI_CONFIG": json.dumps({POLICIES_KEY: json.dumps(policies)}), "PATH": ""}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(PACK)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = analyzer_pb2_grpc.AnalyzerStub(channel)
            one = resource(analyzer_pb2.AnalyzeRequest, cloudwatch.LOG_GROUP.token, "old-logs", {"kmsKeyId": "k", "tags": TAGS})
            bucket = resource(analyzer_pb2.AnalyzerResource, s3.BUCKET.token, "b", {"id": "b"})
            first = diagnostics(stub.Analyze(one))
            return first, diagnostics(stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=[bucket])))
    finally:
        process.kill()
        process.wait()


def test_the_engines_pack_applies_the_stacks_overrides(tmp_path: Path) -> None:
    policies = {
        "severity": {"s3-bucket-versioned": "off", "s3-bucket-ages": "mandatory"},
        "exceptions": [exception(until="2999-12-31"), exception(rule=OTHER, until="2020-01-01")],
    }
    one, stack = _answers_of_the_pack(policies, tmp_path)
    assert RULE not in one
    assert stack["policies-excepted"].enforcementLevel == analyzer_pb2.ADVISORY
    assert f"{RULE} excepted until 2999-12-31 by Ada: moves in March" in stack["policies-excepted"].message
    assert stack[EXPIRED].enforcementLevel == analyzer_pb2.MANDATORY
    assert "s3-bucket-versioned" not in stack
    assert stack["s3-bucket-ages"].enforcementLevel == analyzer_pb2.MANDATORY


def test_the_shipped_stacks_need_no_exception() -> None:
    for path in Path(PACK).parent.glob("Pulumi.*.yaml"):
        assert "slipway:policies" not in path.read_text(encoding="utf-8")


def test_the_example_on_the_page_is_one_that_a_stack_file_takes() -> None:
    page = (Path(PACK).parent / "docs" / "policies.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    section = PoliciesSettings.model_validate(yaml.safe_load(block)["config"][POLICIES_KEY])
    found = Overrides.read(section.model_dump(mode="json", by_alias=True))
    assert list(found.unknown_rules(all_rules())) == []
    assert len(found.exceptions) == 1
    assert found.off(all_rules())
