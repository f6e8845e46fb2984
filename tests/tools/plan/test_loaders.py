import pytest

from catalog.types import s3
from tools.engine.events import Step
from tools.plan.loaders import from_preview, from_state, name_of
from tools.plan.view import ENGINE_UNKNOWN, SECRET_SIGNATURE, SPECIAL_KEY, UNKNOWN, Secret

BUCKET = "urn:pulumi:dev::slipway::slipway:lake:Lake$aws:s3/bucket:Bucket::lake::raw"


def test_a_preview_becomes_a_plan_with_unknowns_and_secrets_in_place() -> None:
    inputs = {"kmsKeyId": ENGINE_UNKNOWN, "password": {SPECIAL_KEY: SECRET_SIGNATURE, "ciphertext": "[secret]"}, "__defaults": []}
    plan = from_preview([Step(urn=BUCKET, type="aws:s3/bucket:Bucket", op="replace", parent="p", id="i", inputs=inputs)], "dev")
    (view,) = plan.of(s3.BUCKET)
    assert view.props["kmsKeyId"] is UNKNOWN
    assert isinstance(view.props["password"], Secret)
    assert "__defaults" not in view.props
    assert (view.op, view.id, view.parent, view.name, plan.stack) == ("replace", "i", "p", "lake::raw", "dev")


@pytest.mark.parametrize(
    "wrap", [lambda latest: {"version": 3, "deployment": latest}, lambda latest: {"checkpoint": {"latest": latest}}]
)
def test_an_export_and_a_checkpoint_give_the_same_plan_without_stack_providers_and_deletes(wrap) -> None:  # type: ignore[no-untyped-def]
    latest = {
        "resources": [
            {"urn": "urn:pulumi:dev::slipway::pulumi:pulumi:Stack::s", "type": "pulumi:pulumi:Stack"},
            {
                "urn": "urn:pulumi:dev::slipway::pulumi:providers:aws::default",
                "type": "pulumi:providers:aws",
                "custom": True,
                "id": "1",
            },
            {"urn": BUCKET, "type": "aws:s3/bucket:Bucket", "custom": True, "id": "old", "delete": True},
            {
                "urn": BUCKET,
                "type": "aws:s3/bucket:Bucket",
                "custom": True,
                "id": "b",
                "inputs": {"bucket": "b"},
                "outputs": {"arn": "a"},
            },
        ]
    }
    (view,) = from_state(wrap(latest))
    assert (view.op, view.id, dict(view.props), dict(view.outputs)) == ("same", "b", {"bucket": "b"}, {"arn": "a"})


def test_a_stack_that_was_never_up_is_an_empty_plan() -> None:
    assert len(from_state({"version": 3, "checkpoint": {"stack": "s"}})) == 0


def test_a_document_that_is_no_state_is_refused_with_its_keys() -> None:
    with pytest.raises(ValueError, match="resources"):
        from_state({"resources": []})


def test_a_name_may_hold_the_separator() -> None:
    assert name_of(BUCKET) == "lake::raw"
    assert name_of("raw") == "raw"
