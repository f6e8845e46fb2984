"""The provider functions (`pulumi_aws.get_*`): the services' `Lookup`s, each with the schema that pulumi-aws has of it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from localcloud.kernel import schema
from localcloud.kernel.engine import Engine
from localcloud.kernel.explain import explain
from localcloud.kernel.lookup import NoAnswer, answer
from localcloud.services.gathered import all_lookups


class LookupFailed(ValueError):
    """A look-up found nothing, too much, or was asked wrongly. Its words are those of the genuine provider."""


def known(function: str) -> bool:
    """Whether the local cloud answers this function."""
    return function in all_lookups()


def look_up(engine: Engine, function: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The function's results by their names. Raises LookupFailed."""
    try:
        return answer(all_lookups()[function], _schemas()[function], engine, args)
    except Exception as error:
        why = str(error) if isinstance(error, NoAnswer) else explain(error)
        raise LookupFailed(f"invoking {function}: {why}") from error


@functools.cache
def _schemas() -> Mapping[str, schema.Schema]:
    """Read when the first look-up comes: most programs have none."""
    return schema.load(all_lookups())
