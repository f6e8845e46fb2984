"""The provider `aws`: Pulumi's protocol over the kernel's engine, with the ledger that recovers what a killed run made."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from typing import Any, ClassVar

from localcloud.kernel import sharing
from localcloud.kernel.diff import Diff
from localcloud.kernel.engine import Engine
from localcloud.kernel.explain import explain
from localcloud.kernel.ledger import Ledger
from localcloud.kernel.urn import name_of, type_of
from localcloud.provider import functions
from localcloud.provider import settings as provider_settings
from localcloud.provider.functions import LookupFailed
from localcloud.provider.protocol import Connection, Provider
from localcloud.provider.settings import Refused
from localcloud.provider.unanswered import QUIET_SECONDS, Unanswered

log = logging.getLogger(__name__)


class AwsProvider(Provider):
    """`engine` is the template for each connection's own region and tags; an unknown type waits `quiet` seconds for others."""

    name: ClassVar[str] = "aws"
    replaced_by: ClassVar[frozenset[str]] = frozenset({"region"})

    def __init__(self, engine: Engine, ledger: Ledger, version: str, quiet: float = QUIET_SECONDS) -> None:
        self.engine = engine
        self.ledger = ledger
        self.quiet = quiet
        self.version = version
        self.regions = {engine.region}

    def configure(self, settings: Mapping[str, Any]) -> AwsConnection:
        wanted = provider_settings.read(settings)
        engine = dataclasses.replace(
            self.engine,
            region=wanted.region or self.engine.region,
            default_tags=wanted.default_tags,
            ignored=wanted.ignored,
        )
        provider_settings.admit(wanted, engine)
        self.regions.add(engine.region)
        return AwsConnection(engine, self.ledger, Unanswered(self.quiet))

    def explain(self, error: Exception) -> str:
        return str(error) if isinstance(error, (Refused, LookupFailed)) else explain(error)


class AwsConnection(Connection):
    """The kernel's engine in one region. The ledger keeps account of all that is made, changed and removed."""

    def __init__(self, engine: Engine, ledger: Ledger, unanswered: Unanswered) -> None:
        self.engine = engine
        self.ledger = ledger
        self.unanswered = unanswered

    def check(
        self, urn: str, olds: Mapping[str, Any], news: Mapping[str, Any], seed: bytes
    ) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if type_of(urn) not in self.engine.rows:
            self.unanswered.note(type_of(urn), urn)
            return dict(news), []
        self.unanswered.heard()
        inputs, failures = self.engine.check(type_of(urn), name_of(urn), olds, news, seed)
        return inputs, failures or self.engine.foreseen(type_of(urn), olds, inputs)

    def diff(self, urn: str, state: Mapping[str, Any], news: Mapping[str, Any], ignore: tuple[str, ...]) -> Diff:
        if type_of(urn) not in self.engine.rows:
            raise self.unanswered.error()
        return self.engine.diff(type_of(urn), state, news, ignore)

    def preview(self, urn: str, state: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        if type_of(urn) not in self.engine.rows:
            if self.unanswered.settled(urn):
                raise self.unanswered.error()
            return dict(news)
        return self.engine.preview(type_of(urn), state, news)

    def create(self, urn: str, news: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        token = type_of(urn)
        if token not in self.engine.rows:
            self.unanswered.settled(urn)
            raise self.unanswered.error()
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
        if not functions.known(function):
            self.unanswered.note(function)
            self.unanswered.settled(function)
            raise self.unanswered.error()
        self.unanswered.heard()
        return functions.look_up(self.engine, function, args)

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
