"""A program's run without two things that Pulumi's SDK does and that cost more than all else in a stack of thousands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, Final

_LOOK_SECONDS: Final = 1.0


def efficiently(program: Callable[[], Any]) -> Callable[[], Awaitable[None]]:
    """`program` as the Automation API takes it, which declares the same resources.

    The SDK sends four debug messages a resource to the engine, one call each. An engine that runs without `--debug`, as ours
    always does, drops them, and here they are not sent. After the program the SDK waits for the first of all outputs, looks at
    every other one, and begins again: time that grows with the square of the stack. Here all are waited for at once before that.
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
        # Ended now and then: an output need not end when a call fails that it does not know of.
        done, _ = await asyncio.wait(outstanding, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_EXCEPTION)
        if any(output.cancelled() or output.exception() for output in done):
            return
