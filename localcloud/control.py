"""The daemon's own calls, beside AWS's on the same endpoint: `/_slipway/<verb>`, JSON in and out, with the daemon's token.

Only who can read daemon.json (0600) knows the token, so a page in a browser on this machine cannot drive the cloud.
"""

from __future__ import annotations

import hmac
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request, Response

from localcloud.calls import (
    Begin,
    Begun,
    Coverage,
    End,
    Ended,
    Epoch,
    Freed,
    Known,
    OfStack,
    Orphans,
    Status,
    Stopping,
)
from localcloud.cloud import Cloud
from localcloud.process import peak_memory_mib
from localcloud.services.operations import operations_apart

PREFIX = "/_slipway/"
TOKEN_HEADER = "X-Slipway-Token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The calls as a WSGI application.

    endpoint         where the daemon listens
    port_was_taken   the port that was asked for, where another had to be used
    on_stop          ends the daemon
    on_reset         tells whoever reads daemon.json of the new epoch
    """

    cloud: Cloud
    token: str
    endpoint: str
    port_was_taken: int | None
    on_stop: Callable[[], None]
    on_reset: Callable[[], None]
    started: float = field(default_factory=time.time)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self._response(Request(environ))(environ, start_response)

    def _response(self, request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get(TOKEN_HEADER, ""), self.token):
            return _json({"error": f"the header {TOKEN_HEADER} is missing or wrong; it is in daemon.json"}, 403)
        verbs = self._verbs()
        verb = request.path.removeprefix(PREFIX)
        if verb not in verbs:
            return _json({"error": f"no such call {verb!r}; there are {', '.join(verbs)}"}, 404)
        try:
            return _json(verbs[verb](json.loads(request.get_data() or b"{}")), 200)
        except Exception as error:
            return _json({"error": f"{type(error).__name__}: {error}"}, 500)

    def _verbs(self) -> Mapping[str, Callable[[Any], Mapping[str, object]]]:
        return {
            "status": self.status,
            "begin": self.begin,
            "end": self.end,
            "orphans": self.orphans,
            "free": self.free,
            "coverage": self.coverage,
            "stop": self.stop,
            "reset": self.reset,
        }

    def status(self, _: object) -> Status:
        counts = self.cloud.status()
        return {
            "pid": os.getpid(),
            "endpoint": self.endpoint,
            "epoch": self.cloud.epoch,
            "provider_port": self.cloud.providers["aws"],
            "providers": self.cloud.providers,
            "uptime_seconds": round(time.time() - self.started, 1),
            "peak_memory_mib": peak_memory_mib(),
            "port_was_taken": self.port_was_taken,
            "resources": counts["resources"],
            "sagemaker": counts["sagemaker"],
        }

    def begin(self, body: Begin) -> Begun:
        run, missing = self.cloud.ledger.begin(body["stack"], _pairs(body["known"]))
        return {"run": run, "missing": missing}

    def end(self, body: End) -> Ended:
        known = body.get("known") if body.get("ok") else None
        done = self.cloud.end_run(body["run"], None if known is None else _pairs(known))
        return {
            "swept": [{"urn": entry.urn, "id": entry.id} for entry in done.swept],
            "left": [{"urn": each.entry.urn, "id": each.entry.id, "reason": each.reason} for each in done.left],
        }

    def orphans(self, body: OfStack) -> Orphans:
        return {"orphans": [{"service": service, "id": identifier} for service, identifier in self.cloud.orphans(body["stack"])]}

    def free(self, body: OfStack) -> Freed:
        rows = self.cloud.engine.rows
        return {
            "freed": [
                {"urn": entry.urn, "id": entry.id, "set": dict(rows[entry.type].freed)}
                for entry in self.cloud.free(body["stack"])
            ]
        }

    def coverage(self, _: object) -> Coverage:
        emulated, recorded = self.cloud.coverage()
        return {"emulated": emulated, "recorded": recorded, "operations": operations_apart()}

    def stop(self, _: object) -> Stopping:
        self.on_stop()
        return {"stopping": True}

    def reset(self, _: object) -> Epoch:
        self.cloud.reset()
        self.on_reset()
        return {"epoch": self.cloud.epoch}


def _pairs(known: Iterable[Known]) -> list[tuple[str, str]]:
    return [(item["urn"], item["id"]) for item in known]


def _json(value: Mapping[str, object], status: int) -> Response:
    return Response(json.dumps(value, default=str), status=status, content_type="application/json")
