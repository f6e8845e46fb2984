"""An `up` that is cut off, by whatever: it says so, the next one converges, nothing is lost, nothing is there twice."""

from __future__ import annotations

import os
import signal

from localcloud import client
from tests.e2e import inventory, processes, stacks
from tests.e2e.slipway import Running, Slipway, until

# So many resources exist when the cut comes: the middle of the whole platform's 130, and of the small stack's 40.
MIDDLE, MIDDLE_OF_SMALL = 40, 12


def in_the_middle(here: Slipway) -> Running:
    """An `up` that has made some of its resources and not all. A small stack is made slowly, so that the cut is not too late."""
    run = here.start("up", "--json", env={"SLIPWAY_PARALLEL": "2"} if here.is_small else {})
    middle = MIDDLE_OF_SMALL if here.is_small else MIDDLE
    until(lambda: here.made("local") >= middle, "the middle of up", still=run)
    return run


def test_the_engine_killed_in_the_middle_is_told_and_the_next_up_goes_on(empty: Slipway) -> None:
    run = in_the_middle(empty)
    os.kill(empty.engine_pid("local"), signal.SIGKILL)
    answer = run.wait()
    assert answer.code == 1
    assert "engine" in answer.err
    assert "SIGKILL" in answer.err
    assert "Traceback" not in answer.err
    assert answer.json["error"]["faults"]
    before = inventory.of_cloud(empty)
    inventory.converges(empty)
    after = inventory.of_cloud(empty)
    # What was made before the kill was taken up and not made again.
    for type_ in ("aws:ec2/vpc:Vpc", "aws:kms/key:Key", "aws:s3/bucket:Bucket"):
        assert set(before.get(type_, ())) <= set(after[type_]), type_


def test_the_command_line_killed_in_the_middle_leaves_no_engine_and_no_lock_behind(small: Slipway) -> None:
    run = in_the_middle(small)
    run.kill()
    small.run("up")
    inventory.same(small, "local")
    assert small.processes().keys() == {small.cloud().pid}


def test_ctrl_c_stops_soon_says_so_and_the_next_up_goes_on(small: Slipway) -> None:
    run = in_the_middle(small)
    run.interrupt()
    answer = run.wait(60)
    assert answer.code == 1
    assert "stopped by you" in answer.err
    assert "Traceback" not in answer.err
    assert answer.json["error"]["interrupted"] is True
    assert small.processes().keys() == {small.cloud().pid}
    inventory.converges(small)


def test_the_cloud_killed_in_the_middle_is_told_in_a_sentence_and_built_again(small: Slipway) -> None:
    run = in_the_middle(small)
    os.kill(small.cloud().pid, signal.SIGKILL)
    answer = run.wait(90)
    assert answer.code == 1
    assert "local cloud" in answer.err
    assert "up" in answer.err
    assert "Traceback" not in answer.err
    assert len(answer.err.splitlines()) < 15, answer.err
    assert client.find(small.home) is None
    inventory.converges(small)


def test_a_second_up_beside_the_first_is_refused_by_name_and_the_first_is_not_disturbed(small: Slipway) -> None:
    first = in_the_middle(small)
    second = small.run("up", "--json", code=1)
    assert f"process {first.process.pid}" in second.err
    assert "in use" in second.json["error"]["lines"][0]
    answer = first.wait()
    assert answer.code == 0, answer.err
    inventory.same(small, "local")


def test_the_cloud_killed_while_a_job_trains_takes_its_processes_along(empty: Slipway) -> None:
    empty.restore()
    empty.edit("local", stacks.with_long_training)
    run = empty.start("up", "--json")
    until(lambda: _training(empty), "the job trains", still=run)
    os.kill(empty.cloud().pid, signal.SIGKILL)
    empty.no_workloads()
    answer = run.wait(90)
    assert answer.code == 1
    assert "local cloud" in answer.err


def test_everything_killed_while_a_job_trains_takes_the_job_up_again(empty: Slipway) -> None:
    empty.restore()
    empty.edit("local", stacks.with_long_training)
    run = empty.start("up", "--json")
    until(lambda: _training(empty), "the job trains", still=run)
    engine = empty.engine_pid("local")
    run.kill()
    os.kill(engine, signal.SIGKILL)
    (job,) = inventory.training_jobs(empty)
    document = empty.ask("up")
    assert document["outputs"]["trainingJobName"] == job
    assert inventory.training_jobs(empty) == {job: "Completed"}
    inventory.same(empty, "local")
    assert empty.ask("destroy")["orphans"] == []
    empty.no_workloads()


def _training(here: Slipway) -> bool:
    """Whether a job's own processes run."""
    return bool([line for line in processes.workloads(here.root).values() if " train" in line])
