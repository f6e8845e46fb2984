"""What a stack file says about money reaches the price, the JSON and the words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.settings import Settings, parse
from infra.settings_cost import UsageNumbers, UsageSettings
from tests.support.stacks import config_of
from tests.tools.cost.make import view
from tools.cli import show
from tools.cli.guards import priced, usage_of
from tools.cost.usage import Usage, in_stack_file, numbers
from tools.plan.view import Plan

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
    assert usage_of(settings_with()) == Usage()


def test_the_documentation_tells_every_assumption_with_its_default() -> None:
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


def test_the_bill_tells_what_is_assumed_otherwise_and_names_an_override_that_fits_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show.bill(priced(BUCKETS, settings_with(usage={"s3Gb": 10, "overrides": {"*rwa*": {"s3Gb": 1000}}})))
    said = capsys.readouterr().out
    assert "assumed by the stack file: s3Gb 10 (by default 100); *rwa*: s3Gb 1,000" in said
    assert "no resource has a name as in slipway:cost.usage.overrides: *rwa*" in said
    show.bill(priced(BUCKETS, settings_with()))
    assert "assumed by" not in capsys.readouterr().out
