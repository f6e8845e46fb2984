"""Managed Airflow: closed to the internet, under our key."""

from __future__ import annotations

from catalog.types import mwaa
from policies.checks import is_set
from policies.rule import rule
from policies.verdict import PASS, Fail, Verdict
from tools.plan.reader import Block
from tools.plan.view import ResourceView


@rule(
    mwaa.ENVIRONMENT,
    severity="mandatory",
    anchors=("CKV2_AWS_66",),
    why="Whoever gets into the web server runs code with the environment's role.",
    fix='leave webserverAccessMode at "PRIVATE_ONLY"',
)
def web_server_not_public(resource: ResourceView) -> Verdict:
    value = Block.of(resource).text("webserverAccessMode")
    return PASS if value in ("", "PRIVATE_ONLY") else Fail(f"webserverAccessMode is {value}")


@rule(
    mwaa.ENVIRONMENT,
    severity="mandatory",
    frameworks=("GDPR 32",),
    why="Its database holds connections, variables and what tasks said to each other.",
    fix="set kmsKey to a key of ours",
)
def environment_is_encrypted(resource: ResourceView) -> Verdict:
    return is_set(resource, "kmsKey", "the environment is under AWS's own key")
