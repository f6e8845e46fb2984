from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from catalog.types import ec2
from infra.base.section import SettingsError
from infra.program import program
from tests.support.recorder import record
from tests.support.stacks import ROOT

CONFIG = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8"))["config"]


@pytest.fixture
def as_the_pulumi_cli_does() -> Iterator[None]:
    """`main: infra/`: the language host puts infra/ first on sys.path, not the repository's root."""
    before = list(sys.path)
    sys.path[:] = [str(ROOT / "infra"), *(entry for entry in before if Path(entry or ".").resolve() != ROOT)]
    yield
    sys.path[:] = before


@pytest.mark.usefixtures("as_the_pulumi_cli_does")
def test_the_cli_runs_the_folder_as_a_program() -> None:
    recording = record(lambda: runpy.run_path(str(ROOT / "infra"), run_name="__main__") and None, stack="dev", config=CONFIG)
    assert recording.of(ec2.VPC)


def test_bad_configuration_stops_the_program_before_anything_is_declared() -> None:
    with pytest.raises(SettingsError, match="did you mean slipway:network"):
        record(program, stack="dev", config={**CONFIG, "slipway:netwrok": {}})


def test_the_same_program_twice_declares_the_same() -> None:
    first, second = (record(program, stack="dev", config=CONFIG) for _ in range(2))
    assert {view.urn: view.props for view in first} == {view.urn: view.props for view in second}


def test_another_environment_shares_no_name_with_this_one() -> None:
    def names(environment: str) -> set[str]:
        recording = record(program, stack=environment, config=CONFIG)
        return {str(view.props[key]) for view in recording for key in ("name", "bucket", "clusterName") if view.props.get(key)}

    shared = names("dev") & names("qa")
    assert {name for name in shared if "dev" in name} == set()
