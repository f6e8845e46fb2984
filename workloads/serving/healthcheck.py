"""Exit code 0 when this container's server answers /ping: Docker's HEALTHCHECK, in an image that has no curl."""

from __future__ import annotations

import http.client
import sys

from workloads.contract import ServingContract


def main() -> int:
    contract = ServingContract.from_environment()
    # A server bound to every interface is asked over loopback.
    host = "127.0.0.1" if contract.host in {"0.0.0.0", "::"} else contract.host
    connection = http.client.HTTPConnection(host, contract.port, timeout=2)
    try:
        connection.request("GET", "/ping")
        return 0 if connection.getresponse().status == 200 else 1
    except OSError:
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
