import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.tools.cli.fake import Cost, Report, World
from tools.engine import sessions
from tools.engine.home import StackPlace
from tools.engine.stack_ref import StackRef
from tools.flows import judgement


@pytest.fixture(autouse=True)
def _collector_on_again() -> Iterator[None]:
    """Turns the garbage collector on again after each test: a verb turns it off, as its process usually ends soon."""
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def _nothing_is_imported_behind_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps verbs from importing the program in a thread: the next test may do so too, and Python's lazy loader is not safe."""
    monkeypatch.setattr("tools.engine.program.warm", lambda: None)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    world = World()

    @contextmanager
    def open_stack(stack: StackRef, verb: str, **options: Any) -> Iterator[Any]:
        if world.raises:
            raise world.raises
        mode = "local" if stack.local else world.mode
        cloud = SimpleNamespace(orphans=lambda stack: world.orphans) if mode == "local" else None
        yield SimpleNamespace(
            place=StackPlace(home=tmp_path, mode=mode, stack=stack.name),
            runner=world.runner,
            cloud=cloud,
            notes=[],
            swept=[],
            left=[],
            expected=lambda: 0,
            document=lambda: None,
            lift_protection=lambda: 0,
            nothing_to_do=lambda plan: world.quiet,
            changing=lambda run: run(),
        )

    def judge(plan: Any, settings: Any, *, before: Any = None) -> judgement.Verdict:
        world.judged += 1
        policy: Any = Report(world.mandatory)
        cost: Any = Cost(world.over)
        return judgement.Verdict(policy=policy, cost=cost)

    def account_of(settings: Any, *, local: bool, say: Any) -> Any:
        world.asked.append(local)
        return SimpleNamespace(local=local, caller={"Account": "123456789012"})

    monkeypatch.setattr(sessions, "open_stack", open_stack)
    monkeypatch.setattr(sessions, "reader", lambda stack: world.runner)
    monkeypatch.setattr(judgement, "judge", judge)
    monkeypatch.setattr("tools.flows.account.account_of", account_of)
    monkeypatch.setattr("tools.flows.account.asked", lambda plan, settings, account, principal="": world.preflight)
    return world
