"""Stacks recorded once a session, for every test that looks at one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import yaml

from infra.program import program
from tests.support.recorder import Recording, record

ROOT = Path(__file__).resolve().parents[2]
STACK_FILES = sorted(ROOT.glob("Pulumi.*.yaml"))
STACKS = tuple(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in STACK_FILES)


@cache
def recorded_stack(stack: str) -> Recording:
    """The whole stack as `Pulumi.<stack>.yaml` declares it, through the same door as the engine's."""
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    return record(program, stack=stack, config=config)


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], Recording]:
    """`recorded("dev")` is that stack's recording."""
    return recorded_stack
