"""Rule ids in a stack file are held against the pack before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from infra.settings_base import SettingsError
from tests.support.stacks import config_of
from tools.cli.guards import overrides_of, settings_of


def _stack_file(folder: Path, monkeypatch: pytest.MonkeyPatch, policies: dict[str, object]) -> None:
    document = {"config": {**config_of("local"), "slipway:policies": policies}}
    (folder / "Pulumi.local.yaml").write_text(yaml.safe_dump(document))
    monkeypatch.setenv("SLIPWAY_STACKS", str(folder))


def test_an_unknown_rule_in_a_stack_file_is_a_fault_with_the_nearest_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stack_file(tmp_path, monkeypatch, {"severity": {"s3-bucket-agse": "off"}})
    with pytest.raises(SettingsError) as caught:
        settings_of("local")
    (fault,) = caught.value.faults
    assert fault.path == "slipway:policies.severity"
    assert "did you mean s3-bucket-ages" in fault.message


def test_the_overrides_are_those_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terms = {"rule": "s3-bucket-ages", "resource": "raw", "who": "Ada", "why": "x", "until": "2027-01-31"}
    _stack_file(tmp_path, monkeypatch, {"severity": {"s3-bucket-versioned": "advisory"}, "exceptions": [terms]})
    found = overrides_of(settings_of("local"))
    assert found.severity == {"s3-bucket-versioned": "advisory"}
    (one,) = found.exceptions
    assert (one.rule, one.until.isoformat(), one.where) == ("s3-bucket-ages", "2027-01-31", "slipway:policies.exceptions[0]")
