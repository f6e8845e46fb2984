from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.types import ec2
from infra.base.section import SettingsError
from infra.program import program
from tests.support.recorder import Recording, record
from tests.support.stacks import ROOT, config_of, recorded_stack

CONFIG = config_of("dev")


@pytest.fixture
def as_the_pulumi_cli_does() -> Iterator[None]:
    """`main: infra/`: the language host puts infra/ first on sys.path, not the repository's root."""
    before = list(sys.path)
    sys.path[:] = [str(ROOT / "infra"), *(entry for entry in before if Path(entry or ".").resolve() != ROOT)]
    yield
    sys.path[:] = before


@pytest.mark.usefixtures("as_the_pulumi_cli_does")
def test_the_cli_runs_the_folder_as_a_program_and_declares_what_the_program_run_inline_declares() -> None:
    by_cli = record(lambda: runpy.run_path(str(ROOT / "infra"), run_name="__main__") and None, stack="dev", config=CONFIG)
    inline = recorded_stack("dev")
    assert inline.of(ec2.VPC)
    assert {view.urn: view.props for view in by_cli} == {view.urn: view.props for view in inline}


def test_bad_configuration_stops_the_program_before_anything_is_declared() -> None:
    with pytest.raises(SettingsError, match="did you mean slipway:network"):
        record(program, stack="dev", config={**CONFIG, "slipway:netwrok": {}})


def test_another_environment_shares_no_name_with_this_one() -> None:
    def names(recording: Recording) -> set[str]:
        return {str(view.props[key]) for view in recording for key in ("name", "bucket", "clusterName") if view.props.get(key)}

    shared = names(recorded_stack("dev")) & names(record(program, stack="qa", config=CONFIG))
    assert {name for name in shared if "dev" in name} == set()
