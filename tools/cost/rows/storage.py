"""Types that hold data or protect it: buckets, images, keys, secrets, tables, file systems."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from catalog.types import dynamodb, ecr, efs, kms, s3, secretsmanager
from tools.cost.bill import Ask, Charge, Row, Term, flat


def _table(ask: Ask) -> Iterator[Charge]:
    yield from ask.charge("dynamodb", "storage", "stored (assumed)", ask.usage.table_gb)
    if ask.text("billingMode", "PROVISIONED") == "PAY_PER_REQUEST":
        yield from ask.charge("dynamodb", "write", "writes (assumed)", ask.usage.table_requests / 1e6)
        yield from ask.charge("dynamodb", "read", "reads (assumed)", ask.usage.table_requests / 1e6)
    else:
        yield from ask.charge("dynamodb", "wcu", "write capacity", ask.number("writeCapacity", 1))
        yield from ask.charge("dynamodb", "rcu", "read capacity", ask.number("readCapacity", 1))
    if ask.flag("pointInTimeRecovery.enabled"):
        yield from ask.charge("dynamodb", "pitr", "point-in-time recovery (assumed)", ask.usage.table_gb)


def _key_requests(ask: Ask) -> Iterator[Charge]:
    yield from ask.charge("kms", "key", "key", 1)
    asymmetric = ask.text("customerMasterKeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT"
    dimension = "requests-asymmetric" if asymmetric else "requests"
    yield from ask.charge("kms", dimension, "requests (assumed)", ask.usage.kms_requests / 10_000)


ROWS: Final = (
    Row(card=dynamodb.TABLE, charges=_table),
    Row(card=kms.KEY, charges=_key_requests),
    Row(card=kms.REPLICA_KEY, charges=_key_requests),
    flat(
        s3.BUCKET,
        Term(service="s3", dimension="standard", label="stored", usage="s3_gb"),
        Term(service="s3", dimension="put", label="writes", usage="s3_puts", per=1000),
        Term(service="s3", dimension="get", label="reads", usage="s3_gets", per=1000),
        note="all in the standard class",
    ),
    flat(ecr.REPOSITORY, Term(service="ecr", dimension="storage", label="images", usage="ecr_gb")),
    flat(
        secretsmanager.SECRET,
        Term(service="secretsmanager", dimension="secret", label="secret"),
        Term(service="secretsmanager", dimension="calls", label="reads", usage="secret_calls", per=10_000),
    ),
    flat(efs.FILE_SYSTEM, Term(service="efs", dimension="standard", label="stored", usage="volume_gb")),
)
