"""A program declares and raises the same as under the SDK's own wait, in time that is linear in the size of the stack."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest import mock

import pulumi
import pytest
from pulumi.runtime.settings import SETTINGS

from tests.support.recorder import record
from tools.engine.waiting import efficiently


def chained(count: int, reached: list[int]) -> Callable[[], None]:
    """A program of `count` outputs, of which each waits for the one before it."""

    def program() -> None:
        last: pulumi.Output[Any] = pulumi.Output.from_input(0)
        for number in range(count):
            last = last.apply(partial(_reach, number, reached))

    return program


def _reach(number: int, reached: list[int], _before: Any) -> Any:
    reached.append(number)


def test_every_output_of_the_program_is_waited_for() -> None:
    reached: list[int] = []
    record(efficiently(chained(50, reached)))
    assert reached == list(range(50))


def test_a_program_that_must_be_awaited_is_awaited() -> None:
    reached: list[int] = []

    async def program() -> None:
        await asyncio.sleep(0)
        chained(3, reached)()

    record(efficiently(program))
    assert reached == [0, 1, 2]


def test_outputs_created_by_other_outputs_are_awaited_too() -> None:
    reached: list[str] = []

    def inner(_: str) -> pulumi.Output[Any]:
        return pulumi.Output.from_input("b").apply(lambda text: reached.append(text))

    def program() -> None:
        pulumi.Output.from_input("a").apply(inner)

    record(efficiently(program))
    assert reached == ["b"]


@pytest.mark.parametrize("depth", [0, 3])
def test_what_an_output_raises_comes_out_unchanged(depth: int) -> None:
    def program() -> None:
        value = pulumi.Output.from_input(0)
        for _ in range(depth):
            value = value.apply(lambda number: number)
        value.apply(lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        record(efficiently(program))


def test_what_the_program_raises_comes_out_unchanged() -> None:
    def program() -> None:
        raise RuntimeError("no such setting")

    with pytest.raises(RuntimeError, match="no such setting"):
        record(efficiently(program))


def test_a_call_that_failed_ends_the_wait_though_an_output_never_ends() -> None:
    def program() -> None:
        never: asyncio.Future[Any] = asyncio.get_event_loop().create_future()
        pulumi.Output.from_input(never)
        asyncio.get_event_loop().call_later(0.05, setattr, SETTINGS.rpc_manager, "unhandled_exception", ValueError("refused"))

    async def run() -> None:
        await asyncio.wait_for(efficiently(program)(), timeout=10)
        SETTINGS.rpc_manager.clear()
        SETTINGS.outputs.clear()

    with mock.patch("tools.engine.waiting._LOOK_SECONDS", 0.1):
        asyncio.new_event_loop().run_until_complete(run())


def test_no_debug_message_is_sent_to_the_engine() -> None:
    sent: list[str] = []
    before = pulumi.log.debug
    try:
        pulumi.log.debug = lambda message, *_, **__: sent.append(message)
        record(efficiently(lambda: pulumi.ComponentResource("test:index:Thing", "thing")))
    finally:
        pulumi.log.debug = before
    assert not [message for message in sent if "test:index:Thing" in message]


def test_the_time_grows_with_the_outputs_and_not_with_their_square() -> None:
    """Four times as many outputs: four times the time for a wait that is linear, sixteen times for the SDK's own."""

    seconds(100)
    few, many = min(seconds(250) for _ in range(3)), min(seconds(1000) for _ in range(3))
    assert many < 8 * few


def seconds(count: int, wrap: Callable[[Callable[[], None]], Callable[[], Any]] = efficiently) -> float:
    """CPU time of a program of `count` outputs that become known one after the other, as those of resources do."""

    def program() -> None:
        waiting = [asyncio.get_event_loop().create_future() for _ in range(count)]
        for future in waiting:
            pulumi.Output.from_input(future)
        _answer(waiting)

    begun = time.process_time()
    record(wrap(program))
    return time.process_time() - begun


def _answer(waiting: list[asyncio.Future[int]]) -> None:
    if waiting:
        waiting.pop().set_result(0)
        asyncio.get_event_loop().call_soon(_answer, waiting)
