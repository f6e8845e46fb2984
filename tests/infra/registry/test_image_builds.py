"""The project that builds images: no stack has one unless its file asks for it, and the project breaks no rule."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from catalog.types import cloudwatch, codebuild, iam
from catalog.types.card import Card
from infra.base.section import SettingsError
from infra.registry.image_builds import BUILDSPEC
from infra.stack_file import parse
from tests.infra.every_option import CONNECTION, config
from tests.infra.every_option import recorded_with_every_option as built
from tests.support.iam_documents import MANAGED_POLICY_LIMIT, TRUST_LIMIT, Kind, allows, objections
from tests.support.stacks import ROOT
from tests.support.values import read


def faults(**build: Any) -> str:
    with pytest.raises(SettingsError) as error:
        parse(config(**build), stack="dev", source="Pulumi.dev.yaml")
    return str(error.value)


def test_no_stack_has_it_unless_its_file_asks_for_it(recorded: Any) -> None:
    assert recorded("local").of(codebuild.PROJECT) == []
    assert len(built().of(codebuild.PROJECT)) == 1


def test_it_runs_in_the_private_subnets_under_our_keys_and_logs_to_a_group_that_forgets() -> None:
    (project,) = built().of(codebuild.PROJECT)
    (group,) = [view for view in built().of(cloudwatch.LOG_GROUP) if view.name.endswith("image-builds")]
    assert read(group, "retentionInDays") == 30
    assert read(project, "logsConfig.cloudwatchLogs.groupName") == read(group, "name") == "/slipway-dev/image-builds"
    assert len(read(project, "vpcConfig.subnets")) == 2
    assert read(project, "encryptionKey")
    assert read(project, "concurrentBuildLimit") == 1, "two builds would race for one tag"


def test_mandatory_rules_hold_and_it_is_priced_tagged_and_on_the_picture() -> None:
    from localcloud.services.gathered import all_rows
    from policies.evaluate import evaluate
    from tools.cost.estimate import estimate
    from tools.report.rooms import picture

    assert [violation for violation in evaluate(built()).violations if violation.level == "mandatory"] == []
    bill = estimate(built(), region="us-east-1", ceiling_usd=1e9).to_json()
    (line,) = [line for line in bill["lines"] if codebuild.PROJECT.token in line["urn"]]
    assert line["monthly_usd"] == pytest.approx(120 * 0.02)
    assert codebuild.PROJECT.taggable
    assert codebuild.PROJECT.token in all_rows()
    assert "Built by" in [group.heading for group in picture(built()).rooms["images"].groups]


def test_its_role_pushes_to_the_two_repositories_and_does_nothing_else_with_them() -> None:
    (policy,) = [view for view in built().of(iam.ROLE_POLICY) if view.name.endswith("image-build")]
    document = json.loads(read(policy, "policy"))
    registry = "arn:aws:ecr:us-east-1:111111111111:repository"
    assert allows(document, "ecr:PutImage", f"{registry}/slipway-dev-training")
    assert not allows(document, "ecr:PutImage", f"{registry}/slipway-prod-training")
    assert not allows(document, "ecr:BatchDeleteImage", f"{registry}/slipway-dev-training")
    assert not allows(document, "s3:GetObject", "arn:aws:s3:::slipway-dev-models-111111111111-us-east-1/x")
    assert allows(document, "codeconnections:UseConnection", CONNECTION)


def test_the_boundary_lets_the_role_do_its_work_and_ci_may_start_it() -> None:
    boundary = json.loads(read(built().of(iam.POLICY)[0], "policy"))
    assert allows(boundary, "codeconnections:UseConnection", CONNECTION)
    (ci,) = [view for view in built().of(iam.ROLE_POLICY) if view.name.endswith("-ci")]
    assert allows(
        json.loads(read(ci, "policy")),
        "codebuild:StartBuild",
        "arn:aws:codebuild:us-east-1:111111111111:project/slipway-dev-images",
    )


def test_only_codebuild_for_this_project_takes_the_role() -> None:
    (role,) = [view for view in built().of(iam.ROLE) if view.name.endswith("image-build")]
    (statement,) = json.loads(read(role, "assumeRolePolicy"))["Statement"]
    assert statement["Principal"] == {"Service": "codebuild.amazonaws.com"}
    assert statement["Condition"]["ArnLike"]["aws:SourceArn"].endswith("project/slipway-dev-images")


def test_no_iam_document_of_it_is_what_a_reviewer_would_refuse() -> None:
    judged: list[tuple[Card, str, Kind, int]] = [
        (iam.POLICY, "policy", "identity", MANAGED_POLICY_LIMIT),
        (iam.ROLE_POLICY, "policy", "identity", 10240),
        (iam.ROLE, "assumeRolePolicy", "trust", TRUST_LIMIT),
    ]
    for card, key, kind, limit in judged:
        for view in built().of(card):
            assert objections(json.loads(read(view, key)), kind=kind, limit=limit) == [], view.name


def test_what_it_runs_is_in_the_repository_and_calls_commands_that_there_are() -> None:
    spec = yaml.safe_load((ROOT / BUILDSPEC).read_text(encoding="utf-8"))
    commands = "\n".join(spec["phases"]["build"]["commands"])
    (project,) = built().of(codebuild.PROJECT)
    given = {variable["name"] for variable in read(project, "environment.environmentVariables")}
    assert given == {"TRAINING_REPOSITORY", "SERVING_REPOSITORY", "VARIANT"}
    assert "tools.cli images build" in commands
    assert '--repository "$repository"' in commands


@pytest.mark.parametrize(
    ("build", "words"),
    [
        ({"repository": "slipway"}, "names no repository"),
        ({"connectionArn": "arn:aws:iam::1:role/x"}, "is no arn of a connection"),
        ({"baseImage": "python:3.11"}, "names no digest"),
        ({"variant": "neuron"}, "needs the digest of an AWS Deep Learning Container"),
        ({"computeType": "BUILD_GENERAL1_SMALL"}, "BUILD_GENERAL1_LARGE"),
    ],
)
def test_a_build_that_cannot_work_is_refused_before_anything_is_made(build: dict[str, Any], words: str) -> None:
    assert words in faults(**build)
