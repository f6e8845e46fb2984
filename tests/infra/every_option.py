"""Dev's stack with the options that no stack file has, recorded once: a project that builds images, and a secret's value."""

from __future__ import annotations

from functools import cache
from typing import Any

from infra.program import program
from tests.support.recorder import Recording, record
from tests.support.stacks import config_of

CONNECTION = "arn:aws:codeconnections:us-east-1:111111111111:connection/11111111-2222-3333-4444-555555555555"
SECRET_VALUE = "hunter2-visible"


def config(**build: Any) -> dict[str, Any]:
    """Dev's configuration with the options; `build` changes the settings of the project that builds images."""
    found = config_of("dev")
    found["slipway:registry"]["build"] = {"repository": "example/slipway", "connectionArn": CONNECTION, **build}
    found["slipway:secrets"]["values"] = {"hugging-face-token": SECRET_VALUE}
    return found


@cache
def recorded_with_every_option() -> Recording:
    return record(program, stack="dev", config=config())
