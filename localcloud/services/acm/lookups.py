"""The look-up of certificates."""

from __future__ import annotations

from typing import Any

from catalog import functions
from localcloud.kernel import tagging
from localcloud.kernel.context import Call, Context
from localcloud.kernel.lookup import Lookup
from localcloud.kernel.rules import at_least_one


def _certificates(c: Context) -> list[dict[str, Any]]:
    client, statuses = c.client(), list(c.props.get("statuses") or ("ISSUED",))
    asked = Call(op="list_certificates", take=(), params={"CertificateStatuses": statuses}, path="CertificateSummaryList")
    wanted, found = (c.props.get("tags") or {}).items(), []
    for summary in c.every(asked):
        if c.props.get("domain") not in (None, summary["DomainName"]):
            continue
        certificate = client.describe_certificate(CertificateArn=summary["CertificateArn"])["Certificate"]
        types = c.props.get("types")
        if (types and certificate.get("Type") not in types) or certificate.get("Status") not in statuses:
            continue
        tags = client.list_tags_for_certificate(CertificateArn=summary["CertificateArn"])["Tags"]
        if wanted <= tagging.decode(tags).items():
            found.append({**certificate, "tags": tags})
    if c.props.get("mostRecent"):
        found.sort(key=lambda each: str(each.get("NotBefore") or each.get("CreatedAt") or each.get("ImportedAt")), reverse=True)
        return found[:1]
    return found


CERTIFICATE = Lookup(
    function=functions.ACM_CERTIFICATE,
    service="acm",
    ask=_certificates,
    id="{data.CertificateArn}",
    one="ACM Certificate",
    rename={"arn": "CertificateArn", "domain": "DomainName"},
    outputs={name: f"{{{name}}}" for name in ("keyTypes", "statuses", "types")},
    checks=(at_least_one("domain", "tags"),),
)

LOOKUPS = (CERTIFICATE,)
