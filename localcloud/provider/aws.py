"""The provider `aws`: Pulumi's protocol over the kernel's engine, with the ledger that recovers what a killed run made."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Mapping
from typing import Any, ClassVar

from localcloud.kernel import sharing
from localcloud.kernel.diff import UNKNOWN_MARK, Diff
from localcloud.kernel.engine import Engine
from localcloud.kernel.explain import explain
from localcloud.kernel.ledger import Ledger
from localcloud.kernel.urn import name_of, type_of
from localcloud.provider.functions import FUNCTIONS
from localcloud.provider.protocol import Connection, NotAnswered, Provider

log = logging.getLogger(__name__)


class AwsProvider(Provider):
    """`engine` is the template for each connection's own region and tags."""

    name: ClassVar[str] = "aws"
    replaced_by: ClassVar[frozenset[str]] = frozenset({"region"})

    def __init__(self, engine: Engine, ledger: Ledger, version: str) -> None:
        self.engine = engine
        self.ledger = ledger
        self.version = version
        self.regions = {engine.region}

    def configure(self, settings: Mapping[str, Any]) -> AwsConnection:
        region = settings.get("region")
        engine = dataclasses.replace(
            self.engine,
            region=str(region) if region and region is not UNKNOWN_MARK else self.engine.region,
            default_tags=_default_tags(settings.get("defaultTags")),
        )
        self.regions.add(engine.region)
        return AwsConnection(engine, self.ledger)

    def explain(self, error: Exception) -> str:
        return explain(error)


class AwsConnection(Connection):
    """The kernel's engine in one region. The ledger keeps account of all that is made, changed and removed."""

    def __init__(self, engine: Engine, ledger: Ledger) -> None:
        self.engine = engine
        self.ledger = ledger

    def check(
        self, urn: str, olds: Mapping[str, Any], news: Mapping[str, Any], seed: bytes
    ) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        inputs, failures = self.engine.check(type_of(urn), name_of(urn), olds, news, seed)
        return inputs, failures or self.engine.foreseen(type_of(urn), olds, inputs)

    def diff(self, urn: str, state: Mapping[str, Any], news: Mapping[str, Any], ignore: tuple[str, ...]) -> Diff:
        return self.engine.diff(type_of(urn), state, news, ignore)

    def preview(self, urn: str, state: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        return self.engine.preview(type_of(urn), state, news)

    def create(self, urn: str, news: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        token = type_of(urn)
        found = self._adopted(urn, token, news) or sharing.join(self.engine, self.ledger, urn, token, news)
        identifier, outputs = found or self.engine.create(token, news)
        self.ledger.keep(urn, token, identifier, outputs)
        return identifier, outputs

    def read(
        self, urn: str, identifier: str, inputs: Mapping[str, Any], state: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        token = type_of(urn)
        found = self.engine.read(token, identifier, inputs, state)
        if found is None:
            return None
        identifier, outputs, fresh = found
        if sharing.other(self.engine, self.ledger, urn, token, identifier):
            outputs, fresh = sharing.seen_by(state, outputs), sharing.seen_by(state, fresh)
        self.ledger.see(urn, token, identifier, outputs)
        return identifier, outputs, fresh

    def update(self, urn: str, identifier: str, state: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        outputs = self.engine.update(type_of(urn), identifier, state, news)
        self.ledger.keep(urn, type_of(urn), identifier, outputs)
        return outputs

    def delete(self, urn: str, identifier: str, state: Mapping[str, Any]) -> None:
        token = type_of(urn)
        if entry := sharing.other(self.engine, self.ledger, urn, token, identifier):
            sharing.leave(self.engine, entry, state)
        else:
            self.engine.delete(token, identifier, state)
        self.ledger.drop(urn, identifier)

    def invoke(self, function: str, args: Mapping[str, Any]) -> dict[str, Any]:
        if function not in FUNCTIONS:
            raise NotAnswered(
                f"{function}: the local cloud does not answer this lookup; pass the value as a setting, "
                f"or add it to localcloud/provider/functions.py (there: {', '.join(sorted(FUNCTIONS))})"
            )
        return FUNCTIONS[function](self.engine, args)

    def _adopted(self, urn: str, token: str, news: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """What a crashed run made for this urn, brought to the wanted inputs; None when there is nothing to adopt."""
        left = self.ledger.unclaimed(urn)
        if left is None or self.engine.read(token, left.id, {}, left.outputs) is None:
            return None
        found = self.engine.diff(token, left.outputs, news)
        if found.effect == "replace":
            self.engine.delete(token, left.id, left.outputs)
            self.ledger.drop(urn, left.id)
            return None
        log.info("adopting %s %s, left by a run that was cut off", urn, left.id)
        if found.effect == "update":
            return left.id, self.engine.update(token, left.id, left.outputs, news)
        return left.id, dict(left.outputs)


def _default_tags(value: Any) -> dict[str, str]:
    """The provider's defaultTags, which plain variables hold as JSON."""
    if isinstance(value, str):
        value = json.loads(value)
    if isinstance(value, Mapping):
        return {str(key): str(item) for key, item in (value.get("tags") or {}).items()}
    return {}
