"""A plain `pulumi up` refuses the stack files that `./slipway up` refuses, with the same words and all faults at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.runtime import settings as pulumi_settings

from infra.base.section import SettingsError
from infra.program import program
from infra.stack_file import Settings, from_pulumi, load_file
from tests.support.recorder import record
from tests.support.stacks import config_of

SECURE = {"secure": "v1:abc"}
BAD: dict[str, dict[str, Any]] = {
    "a hyperparameter out of its range": {"slipway:training": {"jobs": {"digits": {"hyperparameters": {"epochs": 0}}}}},
    "a misspelt hyperparameter": {"slipway:training": {"jobs": {"digits": {"hyperparameters": {"learning_rat": 0.1}}}}},
    "a hyperparameter of another workload": {
        "slipway:training": {
            "jobs": {
                "digits": {},
                "text": {"workload": "corpus", "run": "demand"},
                "words": {"workload": "language", "dataset": "text", "run": "demand", "hyperparameters": {"model": "2m"}},
            }
        }
    },
    "a hyperparameter of a corpus": {
        "slipway:training": {
            "jobs": {"digits": {}, "text": {"workload": "corpus", "run": "demand", "hyperparameters": {"test_share": 2}}}
        }
    },
    "an unknown rule": {"slipway:policies": {"severity": {"s3-bucket-agse": "off"}}},
    "an exception from an unknown rule": {
        "slipway:policies": {
            "exceptions": [{"rule": "s3-bucket-agse", "resource": "raw", "who": "Ada", "why": "x", "until": "2027-01-31"}]
        }
    },
    "a misspelt section": {"slipway:netwrok": {}},
    "a misspelt provider key": {"aws:regoin": "us-east-1"},
    "a key of another provider": {"gcp:project": "x"},
    "another account's guard": {"aws:allowedAccountIds": ["222222222222"]},
    "a secret in the open": {"slipway:secrets": {"names": ["hub"], "values": {"hub": "hunter2"}}},
    "one of two secrets in the open": {"slipway:secrets": {"names": ["hub", "wandb"], "values": {"hub": SECURE, "wandb": "x"}}},
    "a value encrypted that is no secret": {"slipway:owner": SECURE},
    "a number where text belongs": {"slipway:owner": 12345},
    "a range that overlaps": {"slipway:network": {"cidr": "10.0.0.0/16", "peerCidrs": ["10.0.0.0/20"]}},
    "several of these": {
        "slipway:training": {"jobs": {"digits": {"hyperparameters": {"epochs": 0}, "instanceType": "ml.m5.lrge"}}},
        "slipway:policies": {"severity": {"s3-bucket-agse": "off"}},
        "slipway:secrets": {"names": ["hub"], "values": {"hub": "hunter2"}},
        "aws:allowedAccountIds": ["222222222222"],
        "slipway:netwrok": {},
    },
}


def as_handed_over(config: Mapping[str, Any]) -> tuple[str, str]:
    """PULUMI_CONFIG and PULUMI_CONFIG_SECRET_KEYS as the CLI's language host sets them: objects as JSON, secrets opened."""

    def opened(value: Any) -> Any:
        if value == SECURE:
            return "opened"
        return {key: opened(item) for key, item in value.items()} if isinstance(value, dict) else value

    def text(value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value)

    sealed = [key for key, value in config.items() if opened(value) != value]
    return json.dumps({key: text(opened(value)) for key, value in config.items()}), json.dumps(sealed)


@pytest.fixture
def refused_by_pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., SettingsError]:
    """What the program raises under a plain `pulumi up` in a folder that holds the stack file."""

    def run(config: Mapping[str, Any], root: Path = tmp_path) -> SettingsError:
        handed, sealed = as_handed_over(config)
        monkeypatch.setenv("PULUMI_CONFIG", handed)
        monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", sealed)
        monkeypatch.setattr("pulumi.get_root_directory", lambda: str(root))
        with pytest.raises(SettingsError) as refused:
            record(program, stack="dev")
        return refused.value

    return run


def read_by_the_program(config: Mapping[str, Any] | None = None) -> Settings:
    """The settings that the program would build its stack from."""
    read: list[Settings] = []
    record(lambda: read.append(from_pulumi()), stack="dev", config=config)
    return read[0]


def stack_file(folder: Path, config: Mapping[str, Any]) -> Path:
    path = folder / "Pulumi.dev.yaml"
    path.write_text(yaml.safe_dump({"config": dict(config)}, sort_keys=False), encoding="utf-8")
    return path


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_plain_pulumi_up_refuses_what_slipway_refuses_with_the_same_words(
    tmp_path: Path, refused_by_pulumi: Callable[..., SettingsError], bad: dict[str, Any]
) -> None:
    config = config_of("dev") | bad
    with pytest.raises(SettingsError) as refused:
        load_file(stack_file(tmp_path, config))
    assert str(refused_by_pulumi(config)) == str(refused.value)


def test_a_key_that_stands_twice_is_refused_by_a_plain_pulumi_up_too(
    tmp_path: Path, refused_by_pulumi: Callable[..., SettingsError]
) -> None:
    path = stack_file(tmp_path, config_of("dev"))
    path.write_text(path.read_text(encoding="utf-8") + "  slipway:protect: true\n  slipway:protect: false\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="there before") as refused:
        load_file(path)
    assert str(refused_by_pulumi(config_of("dev") | {"slipway:protect": False})) == str(refused.value)


def test_faults_of_all_kinds_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_file(stack_file(tmp_path, config_of("dev") | BAD["several of these"]))
    assert {fault.path for fault in refused.value.faults} == {
        "slipway:training.jobs.digits.hyperparameters",
        "slipway:training.jobs.digits.instanceType",
        "slipway:policies.severity",
        "slipway:secrets.values.hub",
        "aws:allowedAccountIds",
        "slipway:netwrok",
    }


@pytest.mark.parametrize("bad", ["a misspelt hyperparameter", "an unknown rule", "another account's guard"])
def test_values_are_judged_alone_where_the_file_is_another_or_elsewhere(
    tmp_path: Path, refused_by_pulumi: Callable[..., SettingsError], bad: str
) -> None:
    config = config_of("dev") | BAD[bad]
    elsewhere = str(refused_by_pulumi(config))
    # `pulumi up --config-file other.yaml`: the file beside Pulumi.yaml has a key that was not handed over.
    stack_file(tmp_path, config_of("dev") | {"slipway:netwrok": {}})
    assert str(refused_by_pulumi(config)) == elsewhere
    assert "netwrok" not in elsewhere


def test_a_good_file_goes_through_both_entrances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of("dev") | {"slipway:secrets": {"names": ["hub"], "values": {"hub": SECURE}}}
    load_file(stack_file(tmp_path, config))
    handed, sealed = as_handed_over(config)
    monkeypatch.setenv("PULUMI_CONFIG", handed)
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", sealed)
    monkeypatch.setattr("pulumi.get_root_directory", lambda: str(tmp_path))
    assert {name: value.get_secret_value() for name, value in read_by_the_program().secrets.values.items()} == {"hub": "opened"}


def test_the_configuration_that_slipway_hands_to_the_engine_is_not_compared_with_a_stack_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work directory's copy holds a stand-in where the source has an encrypted value."""
    monkeypatch.setattr(pulumi_settings.SETTINGS, "root_directory", str(tmp_path), raising=False)
    config = config_of("dev") | {"slipway:secrets": {"names": ["hub"], "values": {"hub": "rehearsal"}}}
    stack_file(tmp_path, config)
    assert read_by_the_program(config).environment == "dev"
