"""The life of a job over a runner that a test plays: attempts, taking up, waiting, losing sight."""

from __future__ import annotations

import time

import pytest

from tests.tools.jobs.fake_runner import FakeRunner, silent
from tests.tools.jobs.make import job
from tools.jobs import life
from tools.jobs.life import LostSight
from tools.jobs.runner import Runner
from tools.jobs.view import COMPLETED, FAILED, IN_PROGRESS, STOPPED, STOPPING, JobView

SPEC = job().spec


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every pause, none of them slept."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


def goes_on_or_is_done(view: JobView) -> bool:
    return view.status in (IN_PROGRESS, COMPLETED)


def name(number: int) -> str:
    return life.attempt_name("digits-0123456789", number)


FIRST = name(1)


def test_the_stand_in_is_a_runner() -> None:
    _: Runner = FakeRunner()


def test_attempts_are_named_by_their_number_from_the_second_on() -> None:
    assert [life.attempt_name("a-0123456789", number) for number in (1, 2, 99)] == [
        "a-0123456789",
        "a-0123456789-r2",
        "a-0123456789-r99",
    ]


def test_a_job_that_never_ran_is_started_under_its_first_name() -> None:
    runner = FakeRunner()
    assert life.start(runner, SPEC, name, keeps=goes_on_or_is_done) == life.Attempt(name=FIRST, taken_up=False)
    assert runner.submitted == [FIRST]


@pytest.mark.parametrize("status", [IN_PROGRESS, COMPLETED])
def test_a_run_that_is_worth_keeping_is_taken_up(status: str) -> None:
    runner = FakeRunner({FIRST: status})
    assert life.start(runner, SPEC, name, keeps=goes_on_or_is_done) == life.Attempt(name=FIRST, taken_up=True)
    assert runner.submitted == []


def test_runs_that_ended_badly_are_passed_over() -> None:
    runner = FakeRunner({FIRST: FAILED, name(2): STOPPED})
    started = life.start(runner, SPEC, name, keeps=goes_on_or_is_done)
    assert started == life.Attempt(name=name(3), taken_up=False)


def test_the_end_of_a_run_that_is_stopping_is_waited_for_before_the_next_attempt() -> None:
    runner = FakeRunner({FIRST: STOPPING})
    runner.ends(FIRST, STOPPED, after=4)
    started = life.start(runner, SPEC, name, keeps=goes_on_or_is_done)
    assert started == life.Attempt(name=name(2), taken_up=False)
    assert runner.statuses[FIRST] == STOPPED, "two runs must not write the same checkpoints"


def test_a_run_that_another_command_has_just_started_is_taken_up() -> None:
    runner = FakeRunner(taken={FIRST})
    assert life.start(runner, SPEC, name, keeps=goes_on_or_is_done) == life.Attempt(name=FIRST, taken_up=True)


def test_after_too_many_attempts_no_other_is_made() -> None:
    runner = FakeRunner({name(number): FAILED for number in range(1, life.ATTEMPTS_LIMIT + 1)})
    assert life.start(runner, SPEC, name, keeps=goes_on_or_is_done) is None
    assert life.next_attempt(FakeRunner({FIRST: FAILED}), name, keeps=goes_on_or_is_done, limit=1) is None


def test_a_name_that_is_taken_is_told_where_a_new_run_is_wanted() -> None:
    runner = FakeRunner({"a": COMPLETED})
    assert life.start_new(runner, SPEC, "b") == "b"
    with pytest.raises(ValueError, match="a training job a already exists"):
        life.start_new(runner, SPEC, "a")


def test_the_pauses_of_a_wait_grow_to_ten_seconds_and_no_further(slept: list[float]) -> None:
    runner = FakeRunner({FIRST: IN_PROGRESS})
    seen: list[JobView] = []
    runner.ends(FIRST, COMPLETED, after=20)
    assert life.wait(runner, FIRST, on=seen.append).status == COMPLETED
    assert len(seen) == 20
    assert (slept[0], slept[-1], slept) == (0.5, 10.0, sorted(slept))


def test_looks_that_fail_now_and_then_are_put_up_with() -> None:
    runner = FakeRunner({FIRST: IN_PROGRESS})
    asked: list[str] = []

    def sometimes(asked_for: str) -> None:
        asked.append(asked_for)
        if len(asked) % life.LOST_SIGHT_AFTER:
            silent(asked_for)
        if len(asked) > 4 * life.LOST_SIGHT_AFTER:
            runner.statuses[FIRST] = COMPLETED

    runner.on_look = sometimes
    assert life.wait(runner, FIRST).status == COMPLETED


@pytest.mark.parametrize("gone", [True, False], ids=["not there", "no answer"])
def test_a_run_that_is_out_of_sight_for_long_is_given_up_and_may_go_on(slept: list[float], gone: bool) -> None:
    runner = FakeRunner({} if gone else {FIRST: IN_PROGRESS}, on_look=silent if not gone else lambda name: None)
    problem = "it is not there" if gone else "no answer"
    with pytest.raises(LostSight, match=rf"lost sight of training job {FIRST} \({problem}.*\); it may go on"):
        life.wait(runner, FIRST)
    assert len(slept) == life.LOST_SIGHT_AFTER


def test_a_run_that_is_not_there_is_told_with_those_that_are_like_it() -> None:
    with pytest.raises(ValueError, match=r"there is no training job 'digitz'; did you mean digits\?"):
        life.require(FakeRunner({"digits": COMPLETED}), "digitz")
    with pytest.raises(ValueError, match="the newest are corpus, tuned"):
        life.require(FakeRunner({"corpus": COMPLETED, "tuned": COMPLETED}), "zzz")
    with pytest.raises(ValueError, match="none ran"):
        life.require(FakeRunner(), "zzz")


def test_only_a_run_that_goes_on_is_asked_to_stop() -> None:
    runner = FakeRunner({"on": IN_PROGRESS, "done": COMPLETED})
    life.stop(runner, "on")
    life.stop(runner, "done")
    assert runner.stopped == ["on"]
    with pytest.raises(ValueError, match="there is no training job"):
        life.stop(runner, "never")
