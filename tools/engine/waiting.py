"""Runs a program without the two parts of Pulumi's SDK that take most of the time in a stack of thousands of resources."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, Final

_LOOK_SECONDS: Final = 1.0


def efficiently(program: Callable[[], Any]) -> Callable[[], Awaitable[None]]:
    """Wraps `program` for the Automation API, without two costs of the SDK; the wrapped program declares the same resources.

    The SDK sends four debug messages a resource to the engine, one call each, which an engine without `--debug`, as ours, drops.
    They are not sent here. After the program the SDK waits for any one output, looks at all the others and starts again, which
    takes time that grows with the square of the stack. Here all outputs are awaited at once before the SDK looks.
    """

    async def run() -> None:
        import pulumi

        pulumi.log.debug = lambda *_, **__: None
        declared = program()
        if isawaitable(declared):
            await declared
        await _outputs()

    return run


async def _outputs() -> None:
    """Waits until no output is outstanding, or something has failed, which the SDK then finds and raises."""
    from pulumi.runtime.settings import SETTINGS

    while SETTINGS.rpc_manager.unhandled_exception is None:
        with SETTINGS.lock:
            outstanding = [output for output in SETTINGS.outputs if not output.done()]
        if not outstanding:
            return
        # The wait has a time limit, after which the loop looks for a failed call: an output need not end when one fails.
        done, _ = await asyncio.wait(outstanding, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_EXCEPTION)
        if any(output.cancelled() or output.exception() for output in done):
            return
