"""Copied into a job's folder as `sitecustomize.py`, which Python runs before the user's script and before each of its children.

It takes this project's own folder off the paths, which a `.pth` file of the shared Python puts there: the script's `tools` is its
own, and `import localcloud` finds nothing. Where the machine gives no namespace it also makes Python find the hosts' names. It
reads two files beside it: `hidden`, a folder a line, and `hosts`, in the form of /etc/hosts. Any Python 3 must be able to run it.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing takes milliseconds to import, in every process of the script
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))


def main() -> None:
    hidden = [HERE, *lines("hidden")]
    sys.path[:] = [path for path in sys.path if not path or os.path.realpath(path) not in hidden]
    addresses = {name: line.split()[0] for line in lines("hosts") for name in line.split()[1:]}
    if addresses:
        make_names_known(addresses)
    run_the_next()


def lines(name: str) -> list[str]:
    try:
        with open(os.path.join(HERE, name), encoding="utf-8") as file:
            return [line.strip() for line in file if line.strip()]
    except OSError:
        return []


def make_names_known(addresses: dict[str, str]) -> None:
    """Lets Python's sockets take the hosts' names; programs that ask the system itself (C++, a shell) still do not know them."""
    import socket

    def known(host: object) -> object:
        return addresses.get(host, host) if isinstance(host, str) else host

    def by_host(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda host, *more, **named: function(known(host), *more, **named)

    def by_address(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: Any, address: Any, *more: Any) -> Any:
            if isinstance(address, tuple) and address:
                address = (known(address[0]), *address[1:])
            return function(self, address, *more)

        return call

    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        setattr(socket, name, by_host(getattr(socket, name)))
    for name in ("connect", "connect_ex", "bind"):
        setattr(socket.socket, name, by_address(getattr(socket.socket, name)))


def run_the_next() -> None:
    """Runs the sitecustomize that this one stands before: the user's, or the machine's."""
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is not None and spec.loader is not None:
        from importlib.util import module_from_spec

        module = module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


if __name__ == "sitecustomize":
    main()
