"""The repository's stack files, and each one's whole stack recorded once a process, for every test that looks at one."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from infra.program import program
from tests.support.recorder import Recording, record

ROOT = Path(__file__).resolve().parents[2]
STACK_FILES = sorted(ROOT.glob("Pulumi.*.yaml"))
STACKS = tuple(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in STACK_FILES)


def config_of(stack: str) -> dict[str, Any]:
    """The configuration in `Pulumi.<stack>.yaml`, as a copy that the caller may change."""
    return copy.deepcopy(_read(stack))


@cache
def _read(stack: str) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    return config


@cache
def recorded_stack(stack: str) -> Recording:
    """The whole stack that `Pulumi.<stack>.yaml` declares, with its settings read and checked as for the engine."""
    return record(program, stack=stack, config=config_of(stack))
