"""moto as one WSGI application in this process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

from localcloud.kernel.account import ACCOUNT

Application = Callable[..., Iterable[bytes]]


def moto_application() -> Application:
    """moto's server application in this process, one request at a time (its backends are not made for threads)."""
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    os.environ.setdefault("MOTO_ACCOUNT_ID", ACCOUNT)
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    dispatcher = DomainDispatcherApplication(create_backend_app)
    lock = threading.RLock()

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with lock:
            return list(dispatcher(environ, start_response))

    return application


def reset() -> None:
    """Empties moto: every backend of every account and region."""
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
