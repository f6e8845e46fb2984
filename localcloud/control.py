"""The daemon's own calls, beside AWS's on the same endpoint: `/_slipway/<verb>`, JSON in and out, with the daemon's token.

Only who can read daemon.json (0600) knows the token, so a page in a browser on this machine cannot drive the cloud.
"""

from __future__ import annotations

import hmac
import json
import os
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from localcloud.kernel import sharing
from localcloud.kernel.inventory import orphans
from localcloud.services.sagemaker import model_packages

if TYPE_CHECKING:
    from localcloud.daemon import Daemon

PREFIX = "/_slipway/"
TOKEN_HEADER = "X-Slipway-Token"


def answer(daemon: Daemon, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    request = Request(environ)
    verb = request.path.removeprefix(PREFIX)
    if not hmac.compare_digest(request.headers.get(TOKEN_HEADER, ""), daemon.token):
        return _json({"error": f"the header {TOKEN_HEADER} is missing or wrong; it is in daemon.json"}, 403)(
            environ, start_response
        )
    if verb not in _VERBS:
        return _json({"error": f"no such call {verb!r}; there are {', '.join(_VERBS)}"}, 404)(environ, start_response)
    try:
        body = json.loads(request.get_data() or b"{}")
        return _json(_VERBS[verb](daemon, body), 200)(environ, start_response)
    except Exception as error:
        return _json({"error": f"{type(error).__name__}: {error}"}, 500)(environ, start_response)


def _json(value: Any, status: int) -> Response:
    return Response(json.dumps(value, default=str), status=status, content_type="application/json")


def _status(daemon: Daemon, _: Mapping[str, Any]) -> dict[str, Any]:
    stacks = Counter(entry.stack for entry in daemon.ledger.all())
    return {
        "pid": os.getpid(),
        "endpoint": daemon.endpoint,
        "epoch": daemon.epoch,
        "provider_port": daemon.provider_port,
        "uptime_seconds": round(time.time() - daemon.started, 1),
        "peak_memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "port_was_taken": daemon.moved_from,
        "resources": stacks,
        "sagemaker": daemon.sagemaker.status(),
    }


def _begin(daemon: Daemon, body: Mapping[str, Any]) -> dict[str, Any]:
    run, missing = daemon.ledger.begin(body["stack"], [(item["urn"], item["id"]) for item in body["known"]])
    return {"run": run, "missing": missing}


def _end(daemon: Daemon, body: Mapping[str, Any]) -> dict[str, Any]:
    known = body.get("known") if body.get("ok") else None
    left = daemon.ledger.end(body["run"], None if known is None else [(item["urn"], item["id"]) for item in known])
    swept, waiting = [], list(left)
    for _ in range(len(left) + 1):  # dependants first: what refuses now may go once the others are gone
        again = []
        for entry in waiting:
            try:
                if not sharing.other(daemon.ledger, entry.urn, entry.type, entry.id):
                    daemon.engine.delete(entry.type, entry.id, entry.outputs)
                daemon.ledger.drop(entry.urn, entry.id)
                swept.append({"urn": entry.urn, "id": entry.id})
            except Exception:
                again.append(entry)
        if not again or len(again) == len(waiting):
            waiting = again
            break
        waiting = again
    return {"swept": swept, "left": [{"urn": entry.urn, "id": entry.id} for entry in waiting]}


# What refuses to be deleted, and what it must be told before a rehearsal is taken away.
_HELD: Mapping[str, Mapping[str, Any]] = {"aws:eks/cluster:Cluster": {"deletionProtection": False}}

# With versions in it a group refuses to go; they are not the stack's own, its training jobs register them.
_MODEL_GROUP = "aws:sagemaker/modelPackageGroup:ModelPackageGroup"


def _free(daemon: Daemon, body: Mapping[str, Any]) -> dict[str, Any]:
    freed = []
    for entry in daemon.ledger.of_stack(body["stack"]):
        wanted = {**entry.outputs, **_HELD.get(entry.type, {})}
        if wanted != entry.outputs:
            outputs = daemon.engine.update(entry.type, entry.id, entry.outputs, wanted)
            daemon.ledger.keep(entry.urn, entry.type, entry.id, outputs)
            freed.append({"urn": entry.urn, "id": entry.id})
        region = entry.outputs.get("region") or daemon.engine.region
        if entry.type == _MODEL_GROUP and model_packages.empty_group(region, entry.id):
            freed.append({"urn": entry.urn, "id": entry.id})
    return {"freed": freed}


def _coverage(daemon: Daemon, _: Mapping[str, Any]) -> dict[str, Any]:
    recorded = sorted(token for token, row in daemon.engine.rows.items() if row.recorded)
    return {"emulated": sorted(set(daemon.engine.rows) - set(recorded)), "recorded": recorded}


def _stop(daemon: Daemon, _: Mapping[str, Any]) -> dict[str, Any]:
    daemon.stop()
    return {"stopping": True}


def _reset(daemon: Daemon, _: Mapping[str, Any]) -> dict[str, Any]:
    daemon.reset()
    return {"epoch": daemon.epoch}


_VERBS: Mapping[str, Callable[[Any, Mapping[str, Any]], dict[str, Any]]] = {
    "status": _status,
    "begin": _begin,
    "end": _end,
    "orphans": lambda daemon, body: {"orphans": orphans(daemon, body["stack"])},
    "free": _free,
    "coverage": _coverage,
    "stop": _stop,
    "reset": _reset,
}
