"""The look-ups of load balancing: the account that writes access logs, the zone of a classic balancer's name."""

from __future__ import annotations

from typing import Any

from catalog import accounts, functions
from localcloud.kernel.context import Context
from localcloud.kernel.lookup import Lookup, NoAnswer

# Source: https://docs.aws.amazon.com/general/latest/gr/elb.html
_HOSTED_ZONES = {
    "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2",
    "us-west-1": "Z368ELLRRE2KJ0",
    "us-west-2": "Z1H1FL5HABSF5",
    "eu-west-1": "Z32O12XQLNTSW2",
    "eu-west-2": "ZHURV8PSTC4K8",
    "eu-central-1": "Z215JYRZR1TBD5",
    "ap-northeast-1": "Z14GRHDCWA56QT",
    "ap-southeast-1": "Z1LMS91P8CMLE5",
    "ap-southeast-2": "Z1GM3OXH4ZPM65",
}


def _of_region(table: dict[str, str]) -> Any:
    def ask(c: Context) -> dict[str, str]:
        if c.region not in table:
            raise NoAnswer(f"unsupported AWS Region: {c.region}")
        return {"found": table[c.region]}

    return ask


SERVICE_ACCOUNT = Lookup(
    function=functions.ELB_SERVICE_ACCOUNT,
    ask=_of_region(accounts.LOAD_BALANCING),
    id="{data.found}",
    outputs={"arn": "arn:aws:iam::{id}:root"},
)
HOSTED_ZONE_ID = Lookup(function=functions.ELB_HOSTED_ZONE_ID, ask=_of_region(_HOSTED_ZONES), id="{data.found}")

LOOKUPS = (SERVICE_ACCOUNT, HOSTED_ZONE_ID)
