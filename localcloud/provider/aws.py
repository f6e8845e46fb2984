"""The Pulumi provider `aws` of the local cloud: the protocol's adapter over `aws.engine`, attached to by the engine.

The engine finds it by PULUMI_DEBUG_PROVIDERS=aws:PORT, so no plugin is started per command. One server answers every engine
at once; what an engine configured (region, default tags) is kept by its connection.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from concurrent import futures
from typing import Any

import botocore.exceptions
import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from localcloud.kernel import sharing
from localcloud.kernel.diff import UNKNOWN
from localcloud.kernel.engine import Engine, UnknownType
from localcloud.kernel.ledger import Ledger
from localcloud.kernel.values import ShapeError
from localcloud.provider import wire
from localcloud.provider.functions import FUNCTIONS

log = logging.getLogger(__name__)
_KINDS = {"add": "ADD", "delete": "DELETE", "update": "UPDATE"}


class AwsProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Translates requests; decides nothing. `engine` is the template for each connection's own region and tags."""

    def __init__(self, engine: Engine, ledger: Ledger, version: str) -> None:
        self.engine = engine
        self.ledger = ledger
        self.version = version
        self._engines: dict[str, Engine] = {}
        self._urns = _Locks()

    def Handshake(self, request: Any, context: Any) -> Any:
        context.set_code(grpc.StatusCode.UNIMPLEMENTED)  # the engine then learns all from Configure
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self.version)

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema="{}")

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        olds, news = wire.decode(request.olds), wire.decode(request.news)
        # Without "some" the engine goes on with the provider as it was configured before.
        changed = sorted(key for key in {*olds, *news} - {"version"} if olds.get(key) != news.get(key))
        replaces = [key for key in changed if key == "region"]
        return provider_pb2.DiffResponse(changes=_changes(bool(changed)), diffs=changed, replaces=replaces)

    def Configure(self, request: Any, context: Any) -> Any:
        given = {key.rpartition(":")[2]: value for key, value in request.variables.items()}
        args = wire.decode(request.args) if request.HasField("args") else {}
        mine = Engine(self.engine.rows, self.engine.schemas, self.engine.clients, self.engine.region, self.engine.account)
        region = args.get("region") or given.get("region")
        if region and region is not UNKNOWN:
            mine.region = str(region)
        mine.default_tags = _default_tags(args.get("defaultTags") or given.get("defaultTags"))
        self._engines[context.peer()] = mine
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    def Check(self, request: Any, context: Any) -> Any:
        token, name = _type_and_name(request.urn)
        with _said(context, request.urn):
            inputs, failures = self._mine(context).check(
                token, name, wire.decode(request.olds), wire.decode(request.news), request.randomSeed or request.urn.encode()
            )
            return provider_pb2.CheckResponse(
                inputs=wire.covered(wire.encode(inputs), request.news),
                failures=[provider_pb2.CheckFailure(property=prop, reason=reason) for prop, reason in failures],
            )
        return None

    def Diff(self, request: Any, context: Any) -> Any:
        token, _ = _type_and_name(request.urn)
        with _said(context, request.urn):
            found = self._mine(context).diff(
                token, wire.decode(request.olds), wire.decode(request.news), tuple(request.ignoreChanges)
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
        token, _ = _type_and_name(request.urn)
        news = wire.decode(request.properties)
        with _said(context, request.urn), self._urns.hold(request.urn):
            engine = self._mine(context)
            if request.preview:
                shown = wire.encode(engine.preview(token, {}, news))
                return provider_pb2.CreateResponse(id="", properties=wire.covered(shown, request.properties))
            found = self._adopted(engine, request.urn, token, news) or sharing.join(engine, self.ledger, request.urn, token, news)
            identifier, outputs = found or engine.create(token, news)
            self.ledger.keep(request.urn, token, identifier, outputs)
            made = wire.encode({**outputs, **_marks(news)})
            return provider_pb2.CreateResponse(id=identifier, properties=wire.covered(made, request.properties))
        return None

    def Read(self, request: Any, context: Any) -> Any:
        token, _ = _type_and_name(request.urn)
        with _said(context, request.urn):
            found = self._mine(context).read(token, request.id, wire.decode(request.inputs), wire.decode(request.properties))
            if found is None:
                return provider_pb2.ReadResponse()  # empty structs would be an import's "there it is"
            identifier, outputs, inputs = found
            if sharing.other(self.ledger, request.urn, token, identifier):
                mine = wire.decode(request.properties)
                outputs, inputs = sharing.seen_by(mine, outputs), sharing.seen_by(mine, inputs)
            self.ledger.see(request.urn, token, identifier, outputs)
            secrets = (request.properties, request.inputs)
            return provider_pb2.ReadResponse(
                id=identifier,
                properties=wire.covered(wire.encode(outputs), *secrets),
                inputs=wire.covered(wire.encode(inputs), *secrets),
            )
        return None

    def Update(self, request: Any, context: Any) -> Any:
        token, _ = _type_and_name(request.urn)
        state, news = wire.decode(request.olds), wire.decode(request.news)
        with _said(context, request.urn), self._urns.hold(request.urn):
            engine = self._mine(context)
            if request.preview:
                shown = wire.encode(engine.preview(token, state, news))
                return provider_pb2.UpdateResponse(properties=wire.covered(shown, request.news))
            ignored = {key: state[key] for key in request.ignoreChanges if key in state}
            outputs = engine.update(token, request.id, state, {**news, **ignored})
            self.ledger.keep(request.urn, token, request.id, outputs)
            made = wire.encode({**outputs, **_marks(news)})
            return provider_pb2.UpdateResponse(properties=wire.covered(made, request.news))
        return None

    def Delete(self, request: Any, context: Any) -> Any:
        token, _ = _type_and_name(request.urn)
        with _said(context, request.urn), self._urns.hold(request.urn):
            state = wire.decode(request.properties)
            if entry := sharing.other(self.ledger, request.urn, token, request.id):
                sharing.leave(self._mine(context), entry, state)
            else:
                self._mine(context).delete(token, request.id, state)
            self.ledger.drop(request.urn, request.id)
            return empty_pb2.Empty()
        return None

    def Invoke(self, request: Any, context: Any) -> Any:
        engine = self._mine(context)
        function = FUNCTIONS.get(request.tok)
        if function is None:
            context.abort(
                grpc.StatusCode.UNIMPLEMENTED,
                f"{request.tok}: the local cloud does not answer this lookup; pass the value as a setting, "
                f"or add it to localcloud/provider/functions.py (there: {', '.join(sorted(FUNCTIONS))})",
            )
            return None
        with _said(context, request.tok):
            return provider_pb2.InvokeResponse(**{"return": wire.encode(function(engine, wire.decode(request.args)))})
        return None

    def regions(self) -> set[str]:
        """The regions that engines configured."""
        return {engine.region for engine in self._engines.values()}

    def _mine(self, context: Any) -> Engine:
        return self._engines.get(context.peer(), self.engine)

    def _adopted(self, engine: Engine, urn: str, token: str, news: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """What a crashed run made for this urn, brought to the wanted inputs; None when there is nothing to adopt."""
        left = self.ledger.unclaimed(urn)
        if left is None or engine.read(token, left.id, {}, left.outputs) is None:
            return None
        found = engine.diff(token, left.outputs, news)
        if found.effect == "replace":
            engine.delete(token, left.id, left.outputs)
            self.ledger.drop(urn, left.id)
            return None
        log.info("adopting %s %s, left by a run that was cut off", urn, left.id)
        if found.effect == "update":
            return left.id, engine.update(token, left.id, left.outputs, news)
        return left.id, dict(left.outputs)


def serve(provider: AwsProvider) -> tuple[grpc.Server, int]:
    """Starts the server on a free loopback port; returns it and the port."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=32),
        options=[("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


class _Locks:
    """One lock a urn: an engine that was killed and its successor may ask for the same resource at once."""

    def __init__(self) -> None:
        self._locks: dict[str, threading.RLock] = {}
        self._guard = threading.Lock()

    def hold(self, urn: str) -> threading.RLock:
        with self._guard:
            return self._locks.setdefault(urn, threading.RLock())


class _said:
    """Turns what AWS or a row says into the engine's error: short, with the resource; the traceback goes to the log."""

    def __init__(self, context: Any, what: str) -> None:
        self.context = context
        self.what = what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, _: Any) -> bool:
        if error is None:
            return False
        if isinstance(error, botocore.exceptions.ClientError):
            detail = error.response.get("Error", {})
            text = f"{detail.get('Code')}: {detail.get('Message')} ({error.operation_name})"
        elif isinstance(error, (UnknownType, ShapeError, botocore.exceptions.ParamValidationError)):
            text = str(error)
        elif isinstance(error, Exception):
            text = f"{type(error).__name__}: {error}"
        else:
            return False
        log.error("%s: %s", self.what, text, exc_info=error)
        self.context.abort(grpc.StatusCode.UNKNOWN, text)
        return True


def _type_and_name(urn: str) -> tuple[str, str]:
    parts = urn.split("::")
    return parts[2].rpartition("$")[2], parts[-1]


def _changes(any_: bool) -> Any:
    return provider_pb2.DiffResponse.DIFF_SOME if any_ else provider_pb2.DiffResponse.DIFF_NONE


def _marks(news: Mapping[str, Any]) -> dict[str, Any]:
    return {"__defaults": news["__defaults"]} if "__defaults" in news else {}


def _default_tags(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        value = json.loads(value)
    if isinstance(value, Mapping):
        return {str(key): str(item) for key, item in (value.get("tags") or {}).items()}
    return {}
