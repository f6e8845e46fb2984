from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from infra.base.section import SettingsError
from infra.stack_file import FILE_KEYS, Settings, load_file, parse
from tests.support.recorder import record

GOOD: dict[str, Any] = {
    "aws:region": "us-east-1",
    "slipway:accountId": "123456789012",
    "slipway:owner": "ml-platform",
    "slipway:costCenter": "research",
    "slipway:network": {"cidr": "10.0.0.0/16"},
    "slipway:cost": {"ceilingMonthlyUsd": 100, "budgetMonthlyUsd": 50, "alertEmails": ["a@example.com"]},
}


def with_change(path: str, value: Any) -> dict[str, Any]:
    """GOOD with one value changed; None takes it out."""
    config = copy.deepcopy(GOOD)
    *holders, last = path.split(".")
    target = config
    for holder in holders:
        target = target.setdefault(holder, {})
    if value is None:
        del target[last]
    else:
        target[last] = value
    return config


def faults_of(config: dict[str, Any], stack: str = "dev") -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        parse(config, stack=stack, source="test")
    return {fault.path: fault.message for fault in caught.value.faults}


EXCEPTION = {"rule": "s3-bucket-ages", "resource": "raw", "who": "Ada", "why": "a migration", "until": "2027-01-31"}

PLAN = {"option": "savings-plan-1y", "discount": {"p5.*": 0.3}, "source": "offer 4711", "asOf": "2026-10-01"}


def test_a_minimal_file_has_every_default() -> None:
    settings = parse(GOOD, stack="dev", source="test")
    assert settings.environment == "dev"
    assert settings.zones == ("us-east-1a", "us-east-1b")
    assert settings.naming.prefix == "slipway-dev"
    assert not settings.protect


def test_settings_cannot_be_changed_afterwards() -> None:
    settings = parse(GOOD, stack="dev", source="test")
    with pytest.raises(ValidationError):
        settings.owner = "somebody"


@pytest.mark.parametrize(
    ("path", "value", "where", "says"),
    [
        ("slipway:training.jobs.digits.workload", "letters", "slipway:training.jobs.digits.workload", "there are digits"),
        ("slipway:secrets.recoveryDays", 3, "slipway:secrets.recoveryDays", "7 to 30"),
        ("slipway:netwrok", {}, "slipway:netwrok", "did you mean slipway:network?"),
        ("slipway:network.ciddr", "10.0.0.0/16", "slipway:network.ciddr", "did you mean cidr?"),
        ("aws:regoin", "us-east-1", "aws:regoin", "did you mean aws:region?"),
        ("network", {}, "network", "did you mean slipway:network?"),
        ("slipway:network.cidr", "10.0.0.0/26", "slipway:network.cidr", "too small for its zones"),
        ("slipway:network.cidr", "54.0.0.0/16", "slipway:network.cidr", "public address space"),
        ("slipway:network.peerCidrs", ["10.0.128.0/20"], "slipway:network.cidr", "overlaps peer range 10.0.128.0/20"),
        ("slipway:network.zones", 5, "slipway:network.zones", "at most 4"),
        ("slipway:network.zones", "two", "slipway:network.zones", "valid integer"),
        ("slipway:network.zoneNames", ["us-east-1a", "eu-west-1a"], "slipway:network.zoneNames[1]", "is no zone of us-east-1"),
        ("slipway:network.nat", "none", "slipway:network.nat", "interfaceEndpoints ec2, eks, eks-auth"),
        ("slipway:network.interfaceEndpoints", ["ecr"], "slipway:network.interfaceEndpoints[0]", "ecr.api"),
        ("slipway:network.flowLogRetentionDays", 100, "slipway:network.flowLogRetentionDays", "the nearest is 90"),
        ("aws:region", "us-east-11", "aws:region", "did you mean us-east-1"),
        ("slipway:accountId", 123456789012, "slipway:accountId", "quotes"),
        ("slipway:accountId", "12345", "slipway:accountId", "12 digits"),
        ("slipway:owner", None, "slipway:owner", "is missing"),
        ("slipway:owner", "you & me", "slipway:owner", "cannot be a tag's value"),
        ("slipway:cost.budgetMonthlyUsd", -5, "slipway:cost.budgetMonthlyUsd", "above 0"),
        ("slipway:cost.alertEmails", ["nobody"], "slipway:cost.alertEmails[0]", "is no email address"),
        ("slipway:cost.alertEmails", [], "slipway:cost.alertEmails", "at least 1"),
        ("slipway:cost.usage.s3Gbs", 5, "slipway:cost.usage.s3Gbs", "did you mean s3Gb?"),
        ("slipway:cost.usage.s3Gb", "much", "slipway:cost.usage.s3Gb", "valid number"),
        ("slipway:cost.usage.instanceHours", 745, "slipway:cost.usage.instanceHours", "at most 744"),
        (
            "slipway:cost.usage",
            {"overrides": {"*raw*": {"natGbb": 1}}},
            "slipway:cost.usage.overrides.*raw*.natGbb",
            "did you mean natGb?",
        ),
        ("slipway:cost.ceilingHolds", "worst", "slipway:cost.ceilingHolds", "'maximum'"),
        ("slipway:cost.purchase", {"discount": {"p5.*": 0.3}}, "slipway:cost.purchase.option", "has no discount"),
        ("slipway:cost.purchase", PLAN | {"discount": {}}, "slipway:cost.purchase.discount", "no discount of savings-plan-1y"),
        ("slipway:cost.purchase", PLAN | {"source": ""}, "slipway:cost.purchase.source", "cannot be checked"),
        ("slipway:cost.purchase", PLAN | {"discount": {"p5.*": 30}}, "slipway:cost.purchase.discount.p5.*", "below 1"),
        (
            "slipway:cost.purchase",
            PLAN | {"discount": {"p99.*": 0.3}},
            "slipway:cost.purchase.discount.p99.*",
            "fits no instance",
        ),
        (
            "slipway:cost.purchase",
            PLAN | {"option": "reserved-1y", "discount": {"ml.g5.*": 0.3}},
            "slipway:cost.purchase.discount.ml.g5.*",
            "has no reserved instances",
        ),
        ("slipway:identity.ci.repository", "slipway", "slipway:identity.ci.repository", "write owner/name"),
        ("slipway:lake.retentionDays.raw", -1, "slipway:lake.retentionDays.raw", "at least 0"),
        ("slipway:secrets.values.token", "hunter2", "slipway:secrets.values.token", "no declared secret"),
        ("slipway:training.jobs.digits.instanceType", "ml.m5.lrge", "slipway:training.jobs.digits.instanceType", "ml.m5.large"),
        (
            "slipway:training.jobs.digits.hyperparameters.layers",
            [1],
            "slipway:training.jobs.digits.hyperparameters.layers",
            "no type",
        ),
        ("slipway:cluster.systemPool.instanceType", "m6i.lage", "slipway:cluster.systemPool.instanceType", "m6i.large"),
        ("slipway:policies.severity", {"s3-bucket-ages": "low"}, "slipway:policies.severity.s3-bucket-ages", "'off'"),
        ("slipway:policies.exceptions", [EXCEPTION | {"who": ""}], "slipway:policies.exceptions[0].who", "at least 1"),
        ("slipway:policies.exceptions", [EXCEPTION | {"until": "soon"}], "slipway:policies.exceptions[0].until", "date"),
        (
            "slipway:policies.exceptions",
            [EXCEPTION | {"resource": "*"}],
            "slipway:policies.exceptions[0].resource",
            "every resource",
        ),
        (
            "slipway:policies",
            {"exceptions": [EXCEPTION], "severity": {"s3-bucket-ages": "off"}},
            "slipway:policies.exceptions[0].rule",
            "drop one of the two",
        ),
        (
            "slipway:serving.endpoints.digits.variants.main.job",
            "letters",
            "slipway:serving.endpoints.digits.variants.main.job",
            "no training job",
        ),
    ],
)
def test_a_bad_value_is_a_fault_with_its_path_and_the_way_out(path: str, value: Any, where: str, says: str) -> None:
    faults = faults_of(with_change(path, value))
    assert where in faults, f"faults at {sorted(faults)}"
    assert says in faults[where]
    assert len(faults) == 1, "one thing is wrong, so there is one fault"


def test_a_region_with_two_zones_cannot_have_three() -> None:
    config = with_change("aws:region", "us-west-1")
    config["slipway:network"]["zones"] = 3
    assert "us-west-1 has 2 zones" in faults_of(config)["slipway:network.zones"]


def test_a_name_over_the_limit_shows_the_longest_name_and_by_how_much() -> None:
    faults = faults_of(GOOD, stack="a-rather-long-environment")
    assert "checkpoints" in faults["slipway:environment"]
    assert "63" in faults["slipway:environment"]


def test_an_environment_that_just_fits_is_fine() -> None:
    # slipway- + 24 + -checkpoints-123456789012-us-east-1 is 63, AWS's limit on a bucket's name.
    longest = "e" * (63 - len("slipway--checkpoints-123456789012-us-east-1"))
    assert parse(GOOD, stack=longest, source="test").environment == longest
    assert faults_of(GOOD, stack=longest + "e")


def test_all_faults_come_at_once_also_those_between_two_values() -> None:
    config = {
        **GOOD,
        "aws:region": "us-west-1",
        "slipway:typo": 1,
        "slipway:owner": 7,
        "slipway:network": {"cidr": "10.0.0.0/27", "zones": 3, "nat": "several"},
        "slipway:cost": {"ceilingMonthlyUsd": 0, "budgetMonthlyUsd": -1, "alertEmails": ["a@b"]},
        "slipway:cluster": {"gpuPools": [{"name": "gpu", "instanceType": "p99.huge"}]},
    }
    faults = faults_of(config, stack="an-environment-with-far-too-long-a-name")
    assert set(faults) == {
        "slipway:typo",
        "slipway:owner",
        "slipway:environment",
        "slipway:network.cidr",
        "slipway:network.zones",
        "slipway:network.nat",
        "slipway:cost.ceilingMonthlyUsd",
        "slipway:cost.budgetMonthlyUsd",
        "slipway:cost.alertEmails[0]",
        "slipway:cluster.gpuPools[0].instanceType",
    }


def test_the_error_has_one_line_a_fault() -> None:
    with pytest.raises(SettingsError) as caught:
        parse(with_change("slipway:owner", None) | {"slipway:x": 1}, stack="dev", source="Pulumi.dev.yaml")
    lines = str(caught.value).splitlines()
    assert lines[0] == "Pulumi.dev.yaml: 2 faults"
    assert len(lines) == 1 + len(caught.value.faults)


def test_protect_and_force_destroy_exclude_each_other() -> None:
    config = with_change("slipway:lake.forceDestroy", True) | {"slipway:protect": True}
    assert "contradicts" in faults_of(config)["slipway:lake.forceDestroy"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("slipway:secrets.values.token", "hunter2-visible"),
        ("slipway:hubToken", "hunter2-visible"),
        ("slipway:owner", {"secure": "hunter2-visible"}),
        ("slipway:typo", {"deep": {"down": "hunter2-visible"}}),
        ("slipway:typo", ["hunter2-visible", {"a": 1}]),
        ("slipway:typo", "hf_hunter2-visible"),
        ("slipway:network.password", "hunter2-visible"),
        ("slipway:secrets.values", "hunter2-visible"),
    ],
)
def test_what_may_be_a_secret_is_never_printed(path: str, value: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(with_change(path, value), stack="dev", source="test")
    assert "hunter2-visible" not in str(caught.value)
    assert "hunter2-visible" not in repr(caught.value.faults)


def test_a_value_that_the_engine_calls_secret_is_never_printed() -> None:
    with pytest.raises(SettingsError) as caught:
        parse(
            with_change("slipway:costCenter", "&hunter2"),
            stack="dev",
            source="test",
            secret_keys=frozenset({"slipway:costCenter"}),
        )
    assert "hunter2" not in str(caught.value)


def test_an_encrypted_secret_is_fine_and_stays_closed() -> None:
    config = GOOD | {"slipway:secrets": {"names": ["token"], "values": {"token": {"secure": "v1:abc"}}}}
    settings = parse(config, stack="dev", source="test")
    assert "abc" not in repr(settings)


def test_provider_keys_beside_ours_are_left_alone() -> None:
    parse(GOOD | {"aws:profile": "dev", "pulumi:tags": {"a": "b"}, "kubernetes:context": "x"}, stack="dev", source="test")


def test_a_missing_file_is_one_fault(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such stack file"):
        load_file(tmp_path / "Pulumi.nowhere.yaml", "nowhere")


def test_a_file_that_is_no_yaml_names_the_line_and_shows_nothing_of_it(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text("config:\n  slipway:token: [hunter2\n")
    with pytest.raises(SettingsError, match="line 3") as caught:
        load_file(path)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "config:", "config: 3", "- a", "stack: {}"])
def test_a_file_without_configuration_says_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match="holds no `config:`"):
        load_file(path)


def test_what_pulumi_keeps_beside_config_is_tolerated(tmp_path: Path) -> None:
    import yaml

    path = tmp_path / "Pulumi.qa.yaml"
    path.write_text(yaml.safe_dump(dict.fromkeys(FILE_KEYS, "x") | {"config": GOOD}))
    assert load_file(path).environment == "qa"
    path.write_text(yaml.safe_dump({"config": GOOD, "confg": {}}))
    with pytest.raises(SettingsError, match="unknown key beside"):
        load_file(path)


def test_the_engine_and_the_file_give_the_same_settings() -> None:
    from infra.stack_file import from_pulumi

    seen: list[Settings] = []
    config = GOOD | {"slipway:protect": True, "aws:skipCredentialsValidation": True}
    record(lambda: seen.append(from_pulumi()), stack="dev", config=config)
    assert seen == [parse(GOOD | {"slipway:protect": True}, stack="dev", source="test")]


def test_a_range_too_small_for_the_nodes_is_refused_before_pods_wait_for_addresses() -> None:
    found = faults_of(with_change("slipway:network.cidr", "10.0.0.0/24"))
    assert "27 addresses" in found["slipway:network.cidr"]
    many = with_change("slipway:network.cidr", "10.0.0.0/20") | {"slipway:cluster": {"systemPool": {"max": 40}}}
    assert "21 nodes" in faults_of(many)["slipway:network.cidr"]


def test_a_file_that_keeps_its_own_account_out_is_refused(tmp_path: Path) -> None:
    import yaml

    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(yaml.safe_dump({"config": GOOD | {"aws:allowedAccountIds": ["222222222222"]}}))
    with pytest.raises(SettingsError, match="keeps out the stack's own account 123456789012"):
        load_file(path)
    path.write_text(yaml.safe_dump({"config": GOOD | {"aws:allowedAccountIds": ["123456789012"]}}))
    assert load_file(path).allowed_account_ids == ("123456789012",)


def test_a_secret_in_plain_text_is_a_fault_that_does_not_show_it(tmp_path: Path) -> None:
    config = GOOD | {"slipway:secrets": {"names": ["token"], "values": {"token": "hunter2-visible"}}}
    path = tmp_path / "Pulumi.test.yaml"
    path.write_text(yaml.safe_dump({"config": config}))
    with pytest.raises(SettingsError) as caught:
        load_file(path)
    assert [fault.path for fault in caught.value.faults] == ["slipway:secrets.values.token"]
    assert "is in the open" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_key_that_is_there_twice_is_a_fault_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.test.yaml"
    path.write_text("config:\n  slipway:owner: a\n  slipway:owner: b\n")
    with pytest.raises(SettingsError, match=r"line 3.*there before"):
        load_file(path)
