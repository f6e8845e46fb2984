"""The settings of a stack file about money change the price, the JSON and the text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog.types import eks, sagemaker
from infra.money.settings import UsageNumbers, UsageSettings
from infra.stack_file import Settings, parse
from tests.support.stacks import config_of
from tests.tools.cost.make import view
from tools.cli.show import cost as show_cost
from tools.cost import CostReport
from tools.cost.prices import quote
from tools.cost.usage import Usage, in_stack_file, numbers
from tools.flows.judgement import priced, usage_of
from tools.plan.view import Plan, ResourceView
from tools.report.change_reader import read

BUCKETS = Plan([view("aws:s3/bucket:Bucket", name="lake-raw"), view("aws:s3/bucket:Bucket", name="lake-logs")])
NO_REQUESTS = {"s3Puts": 0, "s3Gets": 0}


def settings_with(**cost: Any) -> Settings:
    config = config_of("dev")
    config["slipway:cost"] |= cost
    return parse(config, stack="dev", source="test")


def test_the_stack_file_names_every_assumption_and_no_other() -> None:
    assert tuple(UsageNumbers.model_fields) == numbers()
    assert [field.alias for field in UsageNumbers.model_fields.values()] == [in_stack_file(name) for name in numbers()]
    assert set(UsageSettings.model_fields) == set(Usage.__dataclass_fields__)


def test_a_stack_file_that_says_nothing_of_use_assumes_the_defaults() -> None:
    assert usage_of(settings_with(), BUCKETS) == Usage()


WORK = {"start": "08:00", "end": "18:30", "days": "mon,wed-fri", "timezone": "UTC"}


def test_a_pool_with_working_hours_is_priced_by_them_unless_an_override_names_it() -> None:
    sizes = {"desiredSize": 1, "minSize": 0, "maxSize": 2}
    pool = replace(node_group("g5.xlarge", scalingConfig=sizes), name="slipway-dev-gpu")
    system = replace(node_group("m5.large", scalingConfig={"desiredSize": 1}), name="slipway-dev-system", urn="system")
    report = priced(Plan([pool, system]), settings_with(workingHours=WORK), region="us-east-1")
    hours = {
        line.name: line.monthly_usd / quote("ec2", type_, "us-east-1").usd
        for line, type_ in zip(report.lines, ("g5.xlarge", "m5.large"), strict=True)
    }
    assert hours == pytest.approx({"slipway-dev-gpu": 4 * 10.5 * 730 / 168, "slipway-dev-system": 730}, abs=0.01)
    assert report.usage_json()["overrides"] == {"slipway-dev-gpu": {"instanceHours": 182.5}}
    own = settings_with(workingHours=WORK, usage={"overrides": {"*gpu": {"instanceHours": 100}}})
    assert priced(Plan([pool]), own, region="us-east-1").monthly_usd == pytest.approx(100 * 1.006), "who knows better says so"


def test_the_documentation_lists_every_assumption_with_its_default() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "cost.md").read_text(encoding="utf-8")
    default = Usage()
    missing = [name for name in numbers() if f"| `{in_stack_file(name)}` | {getattr(default, name):,g} |" not in page]
    assert missing == []


def test_assumptions_of_the_stack_file_change_the_price_of_the_resources_they_name() -> None:
    usage = {"s3Gb": 10, **NO_REQUESTS, "overrides": {"*raw*": {"s3Gb": 1000}}}
    report = priced(BUCKETS, settings_with(usage=usage))
    assert {line.name: line.monthly_usd for line in report.lines} == {"lake-raw": 23.0, "lake-logs": 0.23}
    assert report.to_json()["usage"] == {
        "assumed": {"s3Gb": 10, "s3Puts": 0, "s3Gets": 0},
        "overrides": {"*raw*": {"s3Gb": 1000}},
        "unmatched": [],
    }


def test_the_bill_shows_changed_assumptions_and_names_an_override_that_matches_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_cost.bill(priced(BUCKETS, settings_with(usage={"s3Gb": 10, "overrides": {"*rwa*": {"s3Gb": 1000}}})))
    said = capsys.readouterr().out
    assert "assumed by the stack file: s3Gb 10 (by default 100); *rwa*: s3Gb 1,000" in said
    assert "no resource has a name as in slipway:cost.usage.overrides: *rwa*" in said
    show_cost.bill(priced(BUCKETS, settings_with()))
    assert "assumed by" not in capsys.readouterr().out


PLAN: dict[str, Any] = {
    "option": "savings-plan-1y",
    "discount": {"m5.*": 0.2, "m5.l*": 0.3, "ml.m5.*": 0.1},
    "source": "offer 4711",
    "asOf": "2026-10-01",
}


def bought(*views: ResourceView) -> CostReport:
    report: CostReport = priced(Plan(views), settings_with(purchase=PLAN), region="us-east-1")
    return report


def node_group(instance: str, **more: Any) -> ResourceView:
    return view(eks.NODE_GROUP.token, {"instanceTypes": [instance], "diskSize": 0, **more})


@pytest.mark.parametrize(
    ("instance", "left"), [("m5.large", 0.7), ("m5.xlarge", 0.8), ("c6i.large", 1.0)], ids=["longest", "shorter", "none"]
)
def test_a_discount_of_the_stack_file_is_taken_off_the_types_it_names(instance: str, left: float) -> None:
    (line,) = bought(node_group(instance)).lines
    assert line.monthly_usd == pytest.approx(730 * left * quote("ec2", instance, "us-east-1").usd, abs=0.0001)
    assert ("savings-plan-1y" in line.basis) == (left < 1)


def test_the_basis_says_who_gave_the_discount_and_when() -> None:
    (line,) = bought(node_group("m5.large")).lines
    assert "savings-plan-1y: 30 % off m5.l* by offer 4711 of 2026-10-01" in line.basis


@pytest.mark.parametrize("capacity", ["SPOT", "CAPACITY_BLOCK"])
def test_spot_and_capacity_blocks_are_not_discounted(capacity: str) -> None:
    (line,) = bought(node_group("m5.large", capacityType=capacity)).lines
    assert "savings-plan-1y" not in line.basis


def test_sagemaker_is_discounted_by_its_own_patterns_only_and_a_spot_job_not_at_all() -> None:
    job = {"instance_type": "ml.m5.large", "max_runtime_in_seconds": 3600}
    whole = quote("sagemaker", "ml.m5.large", "us-east-1").usd
    assert bought(view(sagemaker.TRAINING_JOB.token, job)).lines[0].one_off_max_usd == pytest.approx(0.9 * whole)
    assert bought(view(sagemaker.TRAINING_JOB.token, job | {"use_spot": True})).lines[0].one_off_max_usd == pytest.approx(whole)


GROWING = Plan([node_group("m5.large", scalingConfig={"desiredSize": 1, "minSize": 0, "maxSize": 10})])


@pytest.mark.parametrize(("holds", "over"), [("expected", False), ("maximum", True)])
def test_a_ceiling_holds_the_month_that_the_stack_file_says(holds: str, over: bool, capsys: pytest.CaptureFixture[str]) -> None:
    report = priced(GROWING, settings_with(ceilingMonthlyUsd=200, ceilingHolds=holds), region="us-east-1")
    assert report.over_ceiling is over
    document = report.to_json()
    assert (document["ceiling_holds"], document["over_ceiling"]) == (holds, over)
    assert read({"stack": "dev", "cost": document}).money.over is over  # type: ignore[union-attr]
    show_cost.bill(report)
    said = capsys.readouterr().out
    assert "0.00 scaled in, 700.80 scaled out and jobs at their limits" in said
    assert ("200 allowed at the most" in said) is over
    assert ("over the ceiling" in said) is over


def test_a_hint_is_under_its_line_and_in_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    report = priced(Plan([node_group("m6i.xlarge", scalingConfig={"desiredSize": 3})]), settings_with(), region="us-east-1")
    (hint,) = report.to_json()["hints"]
    assert hint["urn"] == report.lines[0].urn
    show_cost.bill(report)
    line, below = capsys.readouterr().out.splitlines()[:2]
    assert "it  m6i.xlarge" in line
    assert below.strip() == f"saves {hint['saves_usd']:,.2f}: {hint['message']}"
