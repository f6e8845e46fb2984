"""The search over stand-ins for jobs: what is tried, what is kept, what ends it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.tools.tuning.fakes import SPACE, FakeTrials, objective
from tools.tuning.kept import KeptStudy, alone, path_of, study_name
from tools.tuning.search import Outcome, Plan, search

PLAN = Plan(metric="test_loss", minimize=True, trials=6, parallel=1, prune=False)


def plan(**changes: object) -> Plan:
    return Plan(**{name: getattr(PLAN, name) for name in PLAN.__slots__} | changes)


def opened(folder: Path, *, seed: int = 7, minimize: bool = True, name: str = "digits-abc123") -> KeptStudy:
    return KeptStudy(path_of(folder, name), SPACE, minimize=minimize, seed=seed)


def run(folder: Path, trials: FakeTrials, wanted: Plan = PLAN, said: list[str] | None = None, **study: object) -> Outcome:
    return search(opened(folder, **study), trials, wanted, say=(said if said is not None else []).append, pause=0)  # type: ignore[arg-type]


def test_the_best_trial_is_told_with_every_trials_job_value_time_and_cost(tmp_path: Path) -> None:
    trials = FakeTrials()
    told = run(tmp_path, trials).to_json()
    assert list(told) == ["study", "metric", "direction", "ended", "trials", "best", "cost_usd"]
    assert (told["study"], told["direction"], told["ended"]) == ("digits-abc123", "minimize", "done")
    assert [row["number"] for row in told["trials"]] == list(range(6))
    assert all(row["value"] == pytest.approx(objective(row["params"])) for row in told["trials"])
    assert told["best"] == min(told["trials"], key=lambda row: row["value"])
    assert {row["status"] for row in told["trials"]} == {"complete"}
    assert told["trials"][3]["job"] == "job-3"
    assert told["trials"][3]["seconds"] == 2.0
    assert told["cost_usd"] == pytest.approx(6 * 0.02)
    assert all(isinstance(params["epochs"], int) and params["width"] in (16, 32, 64) for params in trials.tried)


def test_the_same_seed_suggests_the_same_and_another_seed_another(tmp_path: Path) -> None:
    tried = []
    for folder, seed in (("a", 7), ("b", 7), ("c", 8)):
        trials = FakeTrials()
        run(tmp_path / folder, trials, plan(trials=9), seed=seed)
        tried.append(trials.tried)
    assert tried[0] == tried[1]
    assert tried[0] != tried[2]
    assert len({str(params) for params in tried[0]}) > 5, "it does not try one thing again and again"


def test_several_run_at_once_and_no_more_than_wanted(tmp_path: Path) -> None:
    trials = FakeTrials(length=3)
    outcome = run(tmp_path, trials, plan(trials=7, parallel=3))
    assert trials.most_at_once == 3
    assert len(outcome.rows) == 7


def test_more_trials_go_on_from_those_there_are_as_if_never_stopped(tmp_path: Path) -> None:
    first, rest, whole = FakeTrials(), FakeTrials(), FakeTrials()
    run(tmp_path / "halves", first, plan(trials=4))
    outcome = run(tmp_path / "halves", rest, plan(trials=9))
    run(tmp_path / "whole", whole, plan(trials=9))
    assert first.tried + rest.tried == whole.tried
    assert len(outcome.rows) == 9
    assert run(tmp_path / "halves", FakeTrials(), plan(trials=9)).rows == outcome.rows, "nothing is left to try"


def test_a_failed_trial_is_said_and_does_not_end_the_study(tmp_path: Path) -> None:
    said: list[str] = []
    fails = {1: "AlgorithmError: ValueError: no data\nand more", 3: "refused"}
    outcome = run(tmp_path, FakeTrials(fails=lambda number: fails.get(number, "")), said=said)
    assert [row.status for row in outcome.rows] == ["complete", "failed", "complete", "failed", "complete", "complete"]
    assert "trial 1: failed: AlgorithmError: ValueError: no data" in said
    assert "trial 3: failed: SageMaker refuses it: no such role" in said
    assert outcome.rows[1].to_json()["failure"] == "AlgorithmError: ValueError: no data\nand more"
    assert outcome.best


def test_a_job_without_the_metric_is_a_failed_trial(tmp_path: Path) -> None:
    outcome = run(tmp_path, FakeTrials(metric="accuracy"), plan(trials=2))
    assert outcome.best is None
    assert outcome.rows[0].failure == "job job-0 ended without test_loss; it has accuracy"


def test_hyperparameters_that_do_not_go_together_fail_without_a_job(tmp_path: Path) -> None:
    trials = FakeTrials()
    outcome = run(tmp_path, trials, plan(trials=3, check=lambda params: "width and epochs do not fit"))
    assert (trials.jobs, [row.status for row in outcome.rows]) == ({}, ["failed"] * 3)
    assert "width and epochs do not fit" in outcome.rows[0].failure


def test_a_trial_worse_than_the_median_is_pruned_and_its_job_stopped(tmp_path: Path) -> None:
    trials = FakeTrials(length=6)
    said: list[str] = []
    outcome = run(tmp_path, trials, plan(trials=12, prune=True), said=said)
    pruned = [row for row in outcome.rows if row.status == "pruned"]
    assert pruned, "of twelve trials some are worse than half of the others"
    assert min(row.number for row in pruned) >= 5, "the first five are the measure"
    assert all(trials.jobs[row.job].stopped and row.value is None and row.cost_usd for row in pruned)
    assert all(trials.jobs[row.job].looks * 3 >= 6 for row in pruned), "nothing is pruned in its first third"
    assert any("pruned at step" in line for line in said)
    assert all(objective(row.params) > median_before(outcome, row.number) for row in pruned)


def median_before(outcome: Outcome, number: int) -> float:
    """The median of the trials that had ended well before this one."""
    return statistics.median(objective(row.params) for row in outcome.rows[:number] if row.status == "complete")


def test_a_curve_that_falls_is_good_also_where_the_metric_is_to_grow(tmp_path: Path) -> None:
    trials = FakeTrials(length=6)
    outcome = run(tmp_path, trials, plan(trials=12, prune=True, minimize=False), minimize=False)
    pruned = [row for row in outcome.rows if row.status == "pruned"]
    assert all(objective(row.params) > median_before(outcome, row.number) for row in pruned), "those with the higher loss go"
    assert outcome.best
    assert outcome.best.value == max(row.value for row in outcome.rows if row.value is not None)


def test_the_budget_ends_the_search_before_it_is_overrun(tmp_path: Path) -> None:
    trials = FakeTrials()
    said: list[str] = []
    outcome = run(tmp_path, trials, plan(trials=50, max_cost_usd=0.05), said=said)
    assert outcome.ended == "budget"
    assert outcome.cost_usd == pytest.approx(0.04)
    assert any("the budget of $0.05 does not reach" in line for line in said)
    more = run(tmp_path, FakeTrials(), plan(trials=4, max_cost_usd=1.0))
    assert (more.ended, len(more.rows)) == ("done", 4)


def test_a_spent_budget_stops_what_runs(tmp_path: Path) -> None:
    trials = FakeTrials(length=100)
    outcome = run(tmp_path, trials, plan(trials=50, parallel=2, max_cost_usd=0.1))
    assert outcome.ended == "budget"
    assert all(job.stopped for job in trials.jobs.values())
    assert 0.1 <= outcome.cost_usd < 0.15
    assert {row.to_json()["status"] for row in outcome.rows} == {"interrupted"}


def test_ctrl_c_stops_the_running_jobs_and_keeps_the_study(tmp_path: Path) -> None:
    def ctrl_c(job: str) -> None:
        if job == "job-3" and trials.jobs[job].looks == 1 and not trials.jobs[job].stopped:
            raise KeyboardInterrupt

    trials = FakeTrials(length=3, on_look=ctrl_c)

    said: list[str] = []
    outcome = run(tmp_path, trials, plan(parallel=2), said=said)
    assert outcome.ended == "interrupted"
    assert [row.to_json()["status"] for row in outcome.rows] == ["complete", "complete", "interrupted", "interrupted"]
    assert "stopping 2 running jobs; the study is kept" in said
    stopped = [row.params for row in outcome.rows if row.interrupted]
    again = FakeTrials()
    after = run(tmp_path, again, plan(parallel=1))
    assert [dict(params) for params in again.tried[:2]] == [dict(params) for params in stopped], "they are tried again first"
    assert sum(row.status == "complete" for row in after.rows) == 6


@contextmanager
def killed(trials: FakeTrials, job: str) -> Iterator[None]:
    """A search that ends in the middle of a look, as by `kill -9`: nothing is cleaned up."""

    class Killed(BaseException):
        pass

    def die(looked: str) -> None:
        if looked == job and trials.jobs[job].looks == 1:
            raise Killed

    trials.on_look = die
    with pytest.raises(Killed):
        yield
    trials.on_look = lambda looked: None


def test_a_killed_search_takes_its_running_jobs_up_again(tmp_path: Path) -> None:
    trials = FakeTrials(length=3)
    said: list[str] = []
    with killed(trials, "job-2"):
        run(tmp_path, trials, plan(parallel=2))
    begun = dict(trials.jobs)
    outcome = run(tmp_path, trials, plan(parallel=2), said=said)
    assert "trial 2: taken up, job job-2" in said
    assert {name: trials.jobs[name] for name in begun} == begun, "no job is started twice"
    assert [row.status for row in outcome.rows] == ["complete"] * 6


def test_a_killed_search_whose_jobs_are_gone_tries_them_again(tmp_path: Path) -> None:
    trials = FakeTrials(length=3)
    said: list[str] = []
    with killed(trials, "job-2"):
        run(tmp_path, trials)
    lost = trials.jobs["job-2"].params
    fresh = FakeTrials()
    outcome = run(tmp_path, fresh, said=said)
    assert "trial 2: to be tried again: job job-2 is not there any more" in said
    assert dict(fresh.tried[0]) == dict(lost)
    assert sum(row.status == "complete" for row in outcome.rows) == 6


def test_a_trial_asked_for_whose_job_was_never_started_is_started(tmp_path: Path) -> None:
    number, params = opened(tmp_path).ask()
    trials = FakeTrials()
    run(tmp_path, trials, plan(trials=1))
    assert (number, trials.tried) == (0, [params])


def test_one_process_searches_a_study_at_a_time(tmp_path: Path) -> None:
    path = path_of(tmp_path, "digits-abc123")
    with alone(path), alone(path_of(tmp_path, "another")), pytest.raises(ValueError, match="searched by another process"):
        alone(path).__enter__()
    with alone(path):
        pass


def test_a_study_whose_last_line_was_cut_off_goes_on_and_a_spoilt_one_is_refused(tmp_path: Path) -> None:
    run(tmp_path, FakeTrials(), plan(trials=2))
    path = path_of(tmp_path, "digits-abc123")
    with path.open("ab") as file:
        file.write(b'{"op_code": 5, "trial_')
    assert len(run(tmp_path, FakeTrials(), plan(trials=4)).rows) == 4
    path.write_text("{not json\n" + path.read_text())
    with pytest.raises(ValueError, match="is no study that can be read"):
        opened(tmp_path)


def test_what_makes_results_incomparable_makes_another_study() -> None:
    same = {"definition": "0123456789", "metric": "test_loss", "minimize": True, "space": {"a": {"low": 1, "high": 2}}}
    name = study_name("digits", name="", **same)
    assert name.startswith("digits-")
    assert name == study_name("digits", name="", **dict(reversed(same.items())))
    changes: tuple[dict[str, Any], ...] = ({"definition": "x"}, {"metric": "y"}, {"minimize": False}, {"space": {}})
    for change in changes:
        assert study_name("digits", name="", **{**same, **change}) != name
    assert study_name("digits", name="wide", **same).startswith("wide-")
