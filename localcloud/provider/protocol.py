"""Pulumi's provider protocol, once: gRPC on one side, a `Provider` that knows plain values only on the other.

The engine finds each provider by PULUMI_DEBUG_PROVIDERS=NAME:PORT,..., so no plug-in is started per command. One server answers
every engine at once; what an engine configured is kept by its connection.
"""

from __future__ import annotations

import abc
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent import futures
from dataclasses import dataclass
from typing import Any, ClassVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from localcloud.kernel.diff import Diff
from localcloud.provider import wire

log = logging.getLogger(__name__)
_KINDS = {"add": "ADD", "delete": "DELETE", "update": "UPDATE"}
# What pulumi-aws and every bridged provider keep among a resource's inputs: which of them are defaults.
DEFAULTS = "__defaults"


class NotAnswered(Exception):
    """The provider has no such function; the message says which there are."""


class Connection(abc.ABC):
    """A provider as one engine has configured it. Values are plain; `UNKNOWN` stands for what only the cloud will tell."""

    @abc.abstractmethod
    def check(
        self, urn: str, olds: Mapping[str, Any], news: Mapping[str, Any], seed: bytes
    ) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """The inputs with defaults and names filled in, and (property, reason) of each refusal."""

    @abc.abstractmethod
    def diff(self, urn: str, state: Mapping[str, Any], news: Mapping[str, Any], ignore: tuple[str, ...]) -> Diff:
        """What the change from `state` (outputs) to `news` (checked inputs) means."""

    @abc.abstractmethod
    def preview(self, urn: str, state: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs that a create (empty `state`) or an update would have."""

    @abc.abstractmethod
    def create(self, urn: str, news: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Makes the resource; its id and outputs."""

    @abc.abstractmethod
    def read(
        self, urn: str, identifier: str, inputs: Mapping[str, Any], state: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        """(id, outputs, inputs) as they are now; None for what is gone. Without inputs and state: an import."""

    @abc.abstractmethod
    def update(self, urn: str, identifier: str, state: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """Changes what differs; the new outputs."""

    @abc.abstractmethod
    def delete(self, urn: str, identifier: str, state: Mapping[str, Any]) -> None:
        """Removes the resource. One that is gone already is no error."""

    @abc.abstractmethod
    def invoke(self, function: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of a provider function (a look-up). Raises NotAnswered."""


class Provider(abc.ABC):
    """A package's provider.

    name         the package, as in PULUMI_DEBUG_PROVIDERS and in tokens
    replaced_by  settings of the provider whose change makes a new one
    """

    name: ClassVar[str]
    replaced_by: ClassVar[frozenset[str]] = frozenset()
    version: str

    @abc.abstractmethod
    def configure(self, settings: Mapping[str, Any]) -> Connection:
        """The provider with an engine's settings; without any, as it is for an engine that configures nothing."""

    def explain(self, error: Exception) -> str:
        """What the engine is told of an error: short, without a traceback."""
        return f"{type(error).__name__}: {error}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A provider that listens on a loopback port, for engines to attach to. `stop` ends it."""

    name: str
    port: int
    stop: Callable[[], object]


def serve(provider: Provider) -> Attached:
    """Starts the provider's server on a free loopback port."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=32),
        options=[("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return Attached(name=provider.name, port=port, stop=lambda: server.stop(grace=1))


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """The protocol's calls: translates requests and answers, keeps what is secret secret, and decides nothing."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._unconfigured = provider.configure({})
        self._connections: dict[str, Connection] = {}
        self._urns = _Locks()

    def Handshake(self, request: Any, context: Any) -> Any:
        context.set_code(grpc.StatusCode.UNIMPLEMENTED)  # the engine then sends all settings with Configure
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self.provider.version)

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema="{}")

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        olds, news = wire.decode(request.olds), wire.decode(request.news)
        # Where the answer is not DIFF_SOME the engine goes on with the provider as it was configured before.
        changed = sorted(key for key in {*olds, *news} - {"version"} if olds.get(key) != news.get(key))
        replaces = [key for key in changed if key in self.provider.replaced_by]
        return provider_pb2.DiffResponse(changes=_changes(bool(changed)), diffs=changed, replaces=replaces)

    def Configure(self, request: Any, context: Any) -> Any:
        # Settings come as text in `variables`, keyed PACKAGE:config:NAME, and typed in `args`, which count for more.
        given = {key.rpartition(":")[2]: value for key, value in request.variables.items()}
        args = wire.decode(request.args) if request.HasField("args") else {}
        named = {key: value for key, value in args.items() if value not in (None, "")}
        with self._reported(context, f"the provider {self.provider.name}"):
            self._connections[context.peer()] = self.provider.configure({**given, **named})
            return provider_pb2.ConfigureResponse(
                acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
            )
        return None

    def Check(self, request: Any, context: Any) -> Any:
        with self._reported(context, request.urn):
            inputs, failures = self._connection(context).check(
                request.urn, wire.decode(request.olds), wire.decode(request.news), request.randomSeed or request.urn.encode()
            )
            return provider_pb2.CheckResponse(
                inputs=wire.covered(wire.encode(inputs), request.news),
                failures=[provider_pb2.CheckFailure(property=prop, reason=reason) for prop, reason in failures],
            )
        return None

    def Diff(self, request: Any, context: Any) -> Any:
        with self._reported(context, request.urn):
            found = self._connection(context).diff(
                request.urn, wire.decode(request.olds), wire.decode(request.news), tuple(request.ignoreChanges)
            )
            detailed = {
                d.path: provider_pb2.PropertyDiff(
                    kind=provider_pb2.PropertyDiff.Kind.Value(_KINDS[d.change] + ("_REPLACE" if d.replaces else "")),
                    inputDiff=False,
                )
                for d in found.differences
            }
            return provider_pb2.DiffResponse(
                changes=_changes(bool(found.differences)),
                diffs=sorted(found.changed),
                replaces=sorted({path.partition(".")[0].partition("[")[0] for path in found.replaces}),
                detailedDiff=detailed,
                hasDetailedDiff=True,
                deleteBeforeReplace=found.delete_before_replace,
            )
        return None

    def Create(self, request: Any, context: Any) -> Any:
        news = wire.decode(request.properties)
        with self._reported(context, request.urn), self._urns.hold(request.urn):
            connection = self._connection(context)
            if request.preview:
                shown = wire.encode(connection.preview(request.urn, {}, news))
                return provider_pb2.CreateResponse(id="", properties=wire.covered(shown, request.properties))
            identifier, outputs = connection.create(request.urn, news)
            made = wire.encode({**outputs, **_marks(news)})
            return provider_pb2.CreateResponse(id=identifier, properties=wire.covered(made, request.properties))
        return None

    def Read(self, request: Any, context: Any) -> Any:
        with self._reported(context, request.urn):
            inputs, state = wire.decode(request.inputs), wire.decode(request.properties)
            found = self._connection(context).read(request.urn, request.id, inputs, state)
            if found is None:
                return provider_pb2.ReadResponse()  # empty structs would be an import's "there it is"
            identifier, outputs, inputs = found
            secrets = (request.properties, request.inputs)
            return provider_pb2.ReadResponse(
                id=identifier,
                properties=wire.covered(wire.encode(outputs), *secrets),
                inputs=wire.covered(wire.encode(inputs), *secrets),
            )
        return None

    def Update(self, request: Any, context: Any) -> Any:
        state, news = wire.decode(request.olds), wire.decode(request.news)
        with self._reported(context, request.urn), self._urns.hold(request.urn):
            connection = self._connection(context)
            if request.preview:
                shown = wire.encode(connection.preview(request.urn, state, news))
                return provider_pb2.UpdateResponse(properties=wire.covered(shown, request.news))
            ignored = {key: state[key] for key in request.ignoreChanges if key in state}
            outputs = connection.update(request.urn, request.id, state, {**news, **ignored})
            made = wire.encode({**outputs, **_marks(news)})
            return provider_pb2.UpdateResponse(properties=wire.covered(made, request.news))
        return None

    def Delete(self, request: Any, context: Any) -> Any:
        with self._reported(context, request.urn), self._urns.hold(request.urn):
            self._connection(context).delete(request.urn, request.id, wire.decode(request.properties))
            return empty_pb2.Empty()
        return None

    def Invoke(self, request: Any, context: Any) -> Any:
        with self._reported(context, request.tok):
            answer = self._connection(context).invoke(request.tok, wire.decode(request.args))
            return provider_pb2.InvokeResponse(**{"return": wire.encode(answer)})
        return None

    def _connection(self, context: Any) -> Connection:
        return self._connections.get(context.peer(), self._unconfigured)

    def _reported(self, context: Any, what: str) -> _Reported:
        return _Reported(self.provider, context, what)


class _Locks:
    """One lock a urn: an engine that was killed and its successor may ask for the same resource at once."""

    def __init__(self) -> None:
        self._locks: dict[str, threading.RLock] = {}
        self._guard = threading.Lock()

    def hold(self, urn: str) -> threading.RLock:
        with self._guard:
            return self._locks.setdefault(urn, threading.RLock())


class _Reported:
    """Turns an exception into the engine's error: the provider's words for it, with the traceback in the log."""

    def __init__(self, provider: Provider, context: Any, what: str) -> None:
        self.provider = provider
        self.context = context
        self.what = what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, _: Any) -> bool:
        if not isinstance(error, Exception):
            return False
        if isinstance(error, NotAnswered):
            self.context.abort(grpc.StatusCode.UNIMPLEMENTED, str(error))
            return True
        text = self.provider.explain(error)
        log.error("%s: %s", self.what, text, exc_info=error)
        self.context.abort(grpc.StatusCode.UNKNOWN, text)
        return True


def _changes(some: bool) -> Any:
    return provider_pb2.DiffResponse.DIFF_SOME if some else provider_pb2.DiffResponse.DIFF_NONE


def _marks(news: Mapping[str, Any]) -> dict[str, Any]:
    return {DEFAULTS: news[DEFAULTS]} if DEFAULTS in news else {}
