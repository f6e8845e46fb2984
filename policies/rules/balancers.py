"""Load balancers: TLS of today, strict about requests, logged, kept."""

from __future__ import annotations

import re
from typing import Final

from catalog.types import lb
from policies.checks import is_on
from policies.rule import rule
from policies.tagging import is_production
from policies.verdict import PASS, Fail, Verdict, every
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import ResourceView

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html: those of TLS 1.2 and later.
_MODERN: Final = re.compile(r"TLS13-1-[23]|TLS-1-2|FS-1-2")
_SECURE: Final = frozenset({"HTTPS", "TLS"})


@rule(
    lb.LISTENER,
    severity="mandatory",
    frameworks=("FSBP ELB.1", "GDPR 32"),
    anchors=("CKV_AWS_2", "CKV2_AWS_20"),
    why="Prompts and answers in clear can be read by everybody on the way.",
    fix="set protocol to HTTPS (or TLS) with a certificateArn; let plain HTTP only redirect to HTTPS",
)
def listener_speaks_tls(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    value = block.text("protocol") or "HTTP"
    if value in _SECURE or value not in ("HTTP", "TCP"):
        return PASS
    if value == "TCP":
        return Fail("the listener passes TCP on without TLS")

    def redirects(row: Block) -> Verdict:
        sent = row.text("type") == "redirect" and row.text("redirect.protocol") == "HTTPS"
        return PASS if sent else Fail("the listener answers plain HTTP")

    return every(block.items("defaultActions"), redirects) if block.has("defaultActions") else Fail("the listener is plain HTTP")


@rule(
    lb.LISTENER,
    severity="mandatory",
    frameworks=("FSBP ELB.1",),
    anchors=("CKV_AWS_103", "CKV2_AWS_74"),
    why="The default policy still speaks TLS 1.0, which can be broken.",
    fix="set sslPolicy to ELBSecurityPolicy-TLS13-1-2-2021-06 or later",
)
def tls_is_of_today(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    if block.text("protocol") not in _SECURE:
        return PASS
    value = block.text("sslPolicy")
    return PASS if _MODERN.search(value) else Fail(f"sslPolicy is {value or 'not set (TLS 1.0 allowed)'}")


@rule(
    lb.LOAD_BALANCER,
    severity="mandatory",
    frameworks=("FSBP ELB.4",),
    anchors=("CKV_AWS_131",),
    why="A header that two servers read differently smuggles one request inside another.",
    fix="set dropInvalidHeaderFields to true",
)
def invalid_headers_are_dropped(resource: ResourceView) -> Verdict:
    if Block.of(resource).text("loadBalancerType") in ("network", "gateway"):
        return PASS
    return is_on(resource, "dropInvalidHeaderFields", "invalid headers go through")


@rule(
    lb.LOAD_BALANCER,
    severity="advisory",
    frameworks=("FSBP ELB.5", "CIS 4.10", "GDPR 30"),
    anchors=("CKV_AWS_91",),
    why="Without its log nobody can say who asked what, or how often.",
    fix="set accessLogs with a bucket and enabled true",
)
def access_is_logged(resource: ResourceView) -> Verdict:
    return is_on(resource, "accessLogs.enabled", "nobody writes down who asks")


@rule(
    lb.LOAD_BALANCER,
    severity="advisory",
    frameworks=("FSBP ELB.6",),
    anchors=("CKV_AWS_150",),
    why="A replace by surprise changes the name that clients call.",
    fix="set enableDeletionProtection to true in production",
)
def balancer_kept_in_production(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if not is_production(resource, plan):
        return PASS
    return is_on(resource, "enableDeletionProtection", "a production balancer may be deleted")
