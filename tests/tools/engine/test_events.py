from typing import Any

import pytest
from pulumi.automation.events import EngineEvent

from tools.engine.events import Fault, Recorder, Tick, causes, protected, shorten

STACK = "urn:pulumi:local::slipway::pulumi:pulumi:Stack::slipway-local"
BUCKET = "urn:pulumi:local::slipway::aws:s3/bucket:Bucket::raw"


def resource(op: str, urn: str = BUCKET, *, done: bool = False, old: dict[str, Any] | None = None, **more: Any) -> EngineEvent:
    type_ = urn.split("::")[2]
    new = {"type": type_, "urn": urn, "custom": True, "parent": STACK, "inputs": {"bucket": "b"}, **more.pop("new", {})}
    metadata = {"op": op, "urn": urn, "type": type_, "new": None if op.startswith("delete") else new, "old": old, **more}
    return EngineEvent.from_json({"resOutputsEvent" if done else "resourcePreEvent": {"metadata": metadata}})


def diagnostic(message: str, severity: str = "error", urn: str = "") -> EngineEvent:
    return EngineEvent.from_json({"diagnosticEvent": {"message": message, "severity": severity, "urn": urn}})


def record(*events: EngineEvent) -> Recorder:
    recorder = Recorder()
    for event in events:
        recorder.on_event(event)
    return recorder


def test_a_created_resource_is_counted_once_however_many_events_it_has() -> None:
    recorder = record(resource("create"), resource("create", done=True, new={"id": "raw-1", "outputs": {"arn": "a"}}))
    assert recorder.changes() == {"create": 1, "update": 0, "replace": 0, "delete": 0, "same": 0}
    (step,) = recorder.listed()
    assert (step.name, step.op, step.id, step.inputs, step.outputs) == ("raw", "create", "raw-1", {"bucket": "b"}, {"arn": "a"})


@pytest.mark.parametrize(
    "order",
    [
        ("create-replacement", "replace", "delete-replaced"),
        ("delete-replaced", "replace", "create-replacement"),
    ],
    ids=["create first", "delete first"],
)
def test_the_three_steps_of_a_replacement_are_one_replacement(order: tuple[str, ...]) -> None:
    old = {"type": "aws:s3/bucket:Bucket", "urn": BUCKET, "custom": True, "inputs": {"bucket": "was"}}
    recorder = record(*(resource(op, old=old, keys=["bucket"]) for op in order))
    assert recorder.changes()["replace"] == 1
    assert sum(recorder.changes().values()) == 1
    (step,) = recorder.listed()
    assert step.replaces == ("bucket",)
    assert step.inputs == {"bucket": "b"}, "what will be, not what was"


def test_the_stack_and_default_providers_are_no_changes() -> None:
    provider = "urn:pulumi:local::slipway::pulumi:providers:aws::default_7"
    assert sum(record(resource("create", STACK), resource("create", provider)).changes().values()) == 0


def test_the_outputs_are_the_stack_s_own() -> None:
    recorder = record(resource("same", STACK, done=True, new={"outputs": {"vpcId": "vpc-1"}}))
    assert recorder.outputs == {"vpcId": "vpc-1"}


def test_only_custom_resources_count_as_deleted() -> None:
    def gone(urn: str, custom: bool) -> EngineEvent:
        return resource("delete", urn, done=True, old={"type": urn.split("::")[2], "urn": urn, "custom": custom})

    recorder = record(gone(BUCKET, True), gone("urn:pulumi:local::slipway::slipway:lake:Lake::lake", False))
    assert recorder.deleted == 1
    assert recorder.changes()["delete"] == 2


def test_a_lifted_protection_is_seen_although_nothing_changes() -> None:
    old = {"type": "aws:s3/bucket:Bucket", "urn": BUCKET, "custom": True, "protect": False, "parent": STACK}
    assert record(resource("same", old=old, new={"protect": True})).listed()[0].resettled
    assert not record(resource("same", old={**old, "protect": True}, new={"protect": True})).listed()[0].resettled


def test_progress_counts_the_steps_done_and_known() -> None:
    ticks: list[Tick] = []
    recorder = Recorder(ticks.append)
    recorder.on_event(resource("create"))
    recorder.on_event(resource("create", done=True))
    assert [(tick.done, tick.known, tick.doing) for tick in ticks] == [(0, 1, "create raw"), (1, 1, "create raw")]


def test_progress_names_the_step_that_a_run_waits_for_and_not_the_last_that_began() -> None:
    ticks: list[Tick] = []
    recorder = Recorder(ticks.append)
    slow, quick = (f"urn:pulumi:local::slipway::aws:s3/bucket:Bucket::{name}" for name in ("slow", "quick"))
    for event in (resource("create", slow), resource("create", quick), resource("create", quick, done=True)):
        recorder.on_event(event)
    assert ticks[-1].doing == "create slow"
    assert [step.name for step in ticks[1].under_way] == ["slow", "quick"]
    recorder.on_event(resource("create", slow, done=True))
    assert ticks[-1].under_way == ()


def test_an_unchanged_resource_is_never_under_way() -> None:
    ticks: list[Tick] = []
    Recorder(ticks.append).on_event(resource("same"))
    assert ticks[-1].under_way == ()


def test_errors_become_faults_without_colour_and_without_the_engine_s_echo() -> None:
    recorder = record(
        diagnostic("<{%fg 1%}>bucket name is taken<{%reset%}>\n", urn=BUCKET),
        diagnostic("bucket name is taken", urn=BUCKET),
        diagnostic("update failed", urn=STACK),
        diagnostic("old API", severity="warning"),
        diagnostic("using pulumi-resource-pulumi-python from $PATH at /x", severity="warning"),
    )
    assert recorder.faults == [Fault(urn=BUCKET, message="bucket name is taken")]
    assert recorder.warnings == ["old API"]


def test_a_resource_s_own_fault_goes_before_the_program_s_echo_of_it() -> None:
    found = causes([Fault(urn=STACK, message="program failed"), Fault(urn=BUCKET, message="taken")])
    assert found == [Fault(urn=BUCKET, message="taken")]


def test_the_cause_of_a_failed_run_without_diagnostics_is_the_engines_stderr() -> None:
    (found,) = causes([], "some noise\nerror: could not decrypt the state: wrong passphrase\n")
    assert found.message == "could not decrypt the state: wrong passphrase"


TRACE = 'Traceback (most recent call last):\n  File "x.py", line 3, in create\n    job()\n'


@pytest.mark.parametrize(
    ("message", "short"),
    [
        (TRACE + "Exception: the job failed\nlast line of its log", "the job failed\nlast line of its log"),
        (
            TRACE + "infra.stack_file.SettingsError: Pulumi.dev.yaml: 1 fault",
            "infra.stack_file.SettingsError: Pulumi.dev.yaml: 1 fault",
        ),
        ("plain words", "plain words"),
        ("creating\n\n\n  now", "creating\n  now"),
    ],
)
def test_a_traceback_is_cut_to_what_was_raised(message: str, short: str) -> None:
    assert shorten(message) == short


def test_faults_of_protected_resources_are_in_our_words_with_one_way_out() -> None:
    urn = "urn:pulumi:prod::slipway::slipway:data:Lake$aws:s3/bucket:Bucket::raw"
    other = Fault(urn="", message="another fault")
    told = protected(
        [
            Fault(urn=urn, message=f'unable to replace resource "{urn}"\nas it is currently marked for protection. To unprotect'),
            Fault(urn="", message='Preview failed: resource "x" cannot be deleted\nbecause it is protected. To unprotect'),
            other,
        ],
        "prod",
    )
    assert told[0] == Fault(urn=urn, message="is protected, and this change would replace it (aws:s3/bucket:Bucket)")
    assert told[1] == Fault(urn="", message="is protected, and this change would delete it")
    assert told[2] == other
    assert "slipway:protect: false in Pulumi.prod.yaml" in told[3].message
    assert len(told) == 4
    assert protected([other], "prod") == [other]
