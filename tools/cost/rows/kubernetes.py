"""Kubernetes objects for which AWS charges: load balancers, volumes, and nodes that a controller starts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from catalog.types import kubernetes
from tools.cost.bill import Ask, Charge, Row

_SIZES: Final = {"Mi": 1 / 1024, "Gi": 1.0, "Ti": 1024.0, "M": 1e6 / 2**30, "G": 1e9 / 2**30, "T": 1e12 / 2**30}


def _service(ask: Ask) -> Iterator[Charge]:
    if ask.text("spec.type", "ClusterIP") != "LoadBalancer":
        ask.note("runs on nodes that are charged")
        return
    yield from ask.charge("elb", "network", "network load balancer", ask.usage.hours)
    yield from ask.charge("elb", "network-lcu", "load units (assumed)", ask.usage.load_units)


def _claim(ask: Ask) -> Iterator[Charge]:
    size = ask.text("spec.resources.requests.storage", "")
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(Mi|Gi|Ti|M|G|T)", size)
    if not match:
        ask.gaps.append(f"spec.resources.requests.storage is {size!r}: expected a size such as 100Gi")
        return
    ask.note("a gp3 volume assumed")
    yield from ask.charge("ebs", "gp3", "volume gp3", float(match[1]) * _SIZES[match[2]])


def _node_pool(ask: Ask) -> Iterator[Charge]:
    ask.gaps.append("the nodes that Karpenter starts follow the load; spec.limits bounds them")
    yield from ()


ROWS: Final = (
    Row(card=kubernetes.SERVICE, charges=_service),
    Row(card=kubernetes.PERSISTENT_VOLUME_CLAIM, charges=_claim),
    Row(card=kubernetes.NODE_POOL, charges=_node_pool),
)
