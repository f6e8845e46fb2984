"""What may be searched: ranges as people write them, and what is wrong with them said before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools.tuning.space import Range, check, fitted, parse, read_space, value_of
from workloads.catalog import hyperparameter_faults


def test_ranges_are_whole_where_their_ends_are_and_come_sorted() -> None:
    space = {
        "width": {"choices": [16, 32]},
        "learning_rate": {"low": 1, "high": 2.5, "log": True},
        "batch_size": {"low": 16, "high": 128, "step": 16},
    }
    rate = Range(name="learning_rate", low=1.0, high=2.5, log=True)
    assert parse(space, source="x") == (
        Range(name="batch_size", low=16, high=128, step=16),
        rate,
        Range(name="width", choices=(16, 32)),
    )
    assert not rate.whole
    again = {item.name: item.to_json() for item in parse(space, source="x")}
    assert parse(again, source="x") == parse(space, source="x")


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (3, "is 3, not a range"),
        ({}, "needs low and high, or choices"),
        ({"low": 1}, "needs low and high"),
        ({"low": 2, "high": 1}, "low must be below high"),
        ({"low": 1, "high": 1}, "low must be below high"),
        ({"low": 0, "high": 1, "log": True}, "with log it must be above 0"),
        ({"low": 1, "high": 9, "log": True, "step": 2}, "both log and step"),
        ({"low": 1, "high": 9, "step": 0}, "step is 0"),
        ({"low": 1, "high": 9, "step": 10}, "at most 8"),
        ({"low": "a", "high": 9}, "low is 'a'; give a finite number"),
        ({"low": True, "high": 9}, "low is True"),
        ({"low": 1, "high": float("inf")}, "give a finite number"),
        ({"low": 1, "high": 9, "log": "yes"}, "log is 'yes'"),
        ({"low": 1, "hihg": 9, "high": 10}, "has hihg; a range has low, high"),
        ({"choices": [1]}, "list two different values"),
        ({"choices": [1, 1]}, "list two different values"),
        ({"choices": "adam"}, "list texts, numbers"),
        ({"choices": [[1], [2]]}, "list texts, numbers"),
        ({"choices": [1, 2], "low": 1, "high": 2}, "choices stand alone"),
    ],
)
def test_what_is_no_range_is_refused_with_the_reason(told: Any, says: str) -> None:
    with pytest.raises(ValueError, match=r"^stack file: rate: ") as caught:
        parse({"rate": told}, source="stack file")
    assert says in str(caught.value)


def test_every_fault_is_named_at_once_and_what_the_stack_sets_is_not_searched() -> None:
    with pytest.raises(ValueError, match="workload: is set by the stack") as caught:
        parse({"workload": {"choices": ["a", "b"]}, "a": 1, "b": {"low": 2, "high": 1}}, source="x")
    assert len(str(caught.value).splitlines()) == 3
    with pytest.raises(ValueError, match="names no hyperparameter"):
        parse({}, source="x")


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"learning_rte": {"low": 0.001, "high": 0.1}}, "did you mean learning_rate?"),
        ({"learning_rate": {"low": 0.001, "high": 10.0}}, "learning_rate is 10.0; it must be a number from 1e-06 to 1"),
        ({"width": {"low": 8, "high": 64}}, "width is 9; it must be a multiple of 4"),
        ({"arch": {"choices": ["cnn", "transformer"]}}, "arch is 'transformer'"),
        ({"batch_size": {"low": 0.5, "high": 8.5}}, "whole number"),
    ],
)
def test_the_space_is_held_against_the_workloads_own_settings(told: Any, says: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        check(parse(told, source="x"), workload="digits", fixed={"epochs": 2, "workload": "digits"})
    assert says in str(caught.value)


def test_a_space_that_fits_passes_and_somebody_elses_workload_is_not_judged() -> None:
    good = parse(
        {"width": {"low": 8, "high": 64, "step": 4}, "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}}, source="x"
    )
    check(good, workload="digits", fixed={"epochs": 2})
    check(parse({"anything": {"low": 1, "high": 2}}, source="x"), workload="theirs", fixed={})
    with pytest.raises(ValueError, match="the job's own hyperparameters"):
        check(good, workload="digits", fixed={"epochs": 0})
    assert hyperparameter_faults("digits", {"width": 12}) == ""


def test_a_number_is_whole_or_broken_as_the_workloads_setting_is() -> None:
    space = parse({"weight_decay": {"low": 0, "high": 1}, "epochs": {"low": 1.0, "high": 5.0, "step": 2.0}}, source="x")
    decay, epochs = sorted(fitted(space, workload="digits"), key=lambda item: item.name, reverse=True)
    assert (decay.whole, epochs.whole, epochs.step) == (False, True, 2)
    assert fitted(space, workload="theirs") == space


def test_a_file_is_yaml_or_json(tmp_path: Path) -> None:
    yaml, json, bad = (tmp_path / name for name in ("s.yaml", "s.json", "b.json"))
    yaml.write_text("width: {choices: [16, 32]}\n")
    json.write_text('{"width": {"choices": [16, 32]}}')
    bad.write_text("{")
    assert read_space(yaml) == read_space(json)
    with pytest.raises(ValueError, match="is not JSON"):
        read_space(bad)
    yaml.write_text("- width\n")
    with pytest.raises(ValueError, match="holds list; write one range a hyperparameter"):
        read_space(yaml)


@pytest.mark.parametrize(("text", "value"), [("a=3", 3), ("a=0.1", 0.1), ("a=true", True), ("a=adam", "adam"), ("a=x=y", "x=y")])
def test_a_hyperparameter_on_the_command_line_is_read_as_json_where_it_is(text: str, value: object) -> None:
    assert value_of(text) == ("a", value)


def test_a_hyperparameter_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="no name=value"):
        value_of("epochs")
