"""Every Pulumi.*.yaml parses, with no engine, and holds nothing that a default would give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.stack_file import Settings, load_file
from tests.support.stacks import recorded_stack

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(ROOT.glob("Pulumi.*.yaml"))


def test_the_stacks_are_there() -> None:
    assert {"Pulumi.local.yaml", "Pulumi.dev.yaml", "Pulumi.staging.yaml", "Pulumi.prod.yaml"} <= {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_stack_file_parses(path: Path) -> None:
    settings = load_file(path)
    assert settings.environment == path.name.split(".")[1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_stack_file_repeats_no_default(path: Path) -> None:
    config = yaml.safe_load(path.read_text(encoding="utf-8"))["config"]
    whole = load_file(path)
    repeated = [key for key in leaves(config) if load_without(path, config, key) == whole]
    assert not repeated, f"{path.name} repeats the default of {repeated}; take them out"


def test_networks_of_different_environments_can_be_connected() -> None:
    from infra.network.decide import overlaps

    assert overlaps([load_file(path).network.cidr for path in FILES]) == []


def test_production_is_not_a_large_dev() -> None:
    prod = load_file(ROOT / "Pulumi.prod.yaml")
    assert prod.protect
    assert prod.network.zones >= 3
    assert prod.network.nat.value == "per-zone"
    assert not prod.lake.force_destroy
    for endpoint in prod.serving.endpoints.values():
        assert all(variant.min >= 2 for variant in endpoint.variants.values()), "one machine is an outage waiting"


def test_staging_has_the_parts_of_production() -> None:
    """A release that works there has met every part it meets in production, if not their sizes."""
    staging, prod = (recorded_stack(stack) for stack in ("staging", "prod"))
    types = {stack: {resource.type for resource in recording} for stack, recording in (("staging", staging), ("prod", prod))}
    assert types["prod"] == types["staging"]
    small, large = (load_file(ROOT / f"Pulumi.{stack}.yaml") for stack in ("staging", "prod"))
    assert small.training.jobs.keys() == large.training.jobs.keys()
    assert [(pool.name, pool.efa) for pool in small.cluster.gpu_pools] == [(p.name, p.efa) for p in large.cluster.gpu_pools]
    assert small.cost.ceiling_monthly_usd < large.cost.ceiling_monthly_usd


def test_the_project_file_is_what_the_pulumi_cli_expects() -> None:
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert project["name"] == "slipway"
    assert project["main"] == "infra/"
    assert project["runtime"] == {"name": "python", "options": {"virtualenv": ".venv"}}


def leaves(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of everything that is no mapping."""
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in leaves(item, (*path, key))]
    return [path]


def load_without(path: Path, config: dict[str, Any], leaf: tuple[str, ...]) -> Settings | None:
    """The settings with one value taken out; None when it is needed."""
    import copy

    from infra.base.section import SettingsError
    from infra.stack_file import parse

    less = copy.deepcopy(config)
    holder = less
    for key in leaf[:-1]:
        holder = holder[key]
    del holder[leaf[-1]]
    try:
        return parse(less, stack=path.name.split(".")[1], source=path.name)
    except SettingsError:
        return None
