"""Who may send requests to the endpoint: programs of this machine, never a page in its browser.

The cloud asks for no credentials and runs what a training job brings, so a page that reached it could run code here. A page gives
itself away: by `Origin` or `Sec-Fetch-Site` (https://www.w3.org/TR/fetch-metadata/), which it can neither leave out nor forge,
or, after its name was rebound to 127.0.0.1, by a `Host` of another name. AWS's SDKs and CLI send none of these.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
# `none`: an address that a person typed or opened. `same-origin`: a request of a page that this endpoint itself served.
_OWN_FETCHES: Final = frozenset({"none", "same-origin"})


def refusal(environ: Mapping[str, Any]) -> str:
    """Why this WSGI request is not let in; empty when it is."""
    host = str(environ.get("HTTP_HOST", "")).lower()
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    # HTTP/1.0 may leave the host out; a browser never does. Buckets may be asked for as BUCKET.localhost.
    if host and name not in _LOOPBACK and not name.endswith(".localhost"):
        return f"the host {host!r} is not this machine's; use http://127.0.0.1 and the port that `slipway local status` shows"
    origin = str(environ.get("HTTP_ORIGIN", "")).lower()
    if origin and origin != f"http://{host}":
        return f"a page of {origin!r} may not speak to the local cloud; use an SDK, the AWS CLI or curl"
    site = str(environ.get("HTTP_SEC_FETCH_SITE", "none")).lower()
    if site not in _OWN_FETCHES:
        return f"a page may not speak to the local cloud (Sec-Fetch-Site: {site}); use an SDK, the AWS CLI or curl"
    return ""


def refuse(reason: str, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """403 with the reason, and no header by which a browser would let a page read it."""
    body = json.dumps({"error": reason}).encode()
    start_response("403 FORBIDDEN", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
