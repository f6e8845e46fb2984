"""Which zones a region has, by letter, as an account sees them.

Source: moto 5.2.5's copy of `aws ec2 describe-availability-zones`, checked against
https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html.
Only the `aws` partition: GovCloud and China have other arns, other service names and other consoles.
"""

from __future__ import annotations

from typing import Final

# Where AWS keeps what is global (IAM, Budgets, the price list) and offers everything first.
HOME_REGION: Final = "us-east-1"

# A new account sees two of us-west-1's three zones; Tokyo, Montreal and Northern California skip letters on purpose.
ZONE_LETTERS: Final[dict[str, str]] = {
    "af-south-1": "abc",
    "ap-east-1": "abc",
    "ap-east-2": "abc",
    "ap-northeast-1": "acd",
    "ap-northeast-2": "abcd",
    "ap-northeast-3": "abc",
    "ap-south-1": "abc",
    "ap-south-2": "abc",
    "ap-southeast-1": "abc",
    "ap-southeast-2": "abc",
    "ap-southeast-3": "abc",
    "ap-southeast-4": "abc",
    "ap-southeast-5": "abc",
    "ap-southeast-6": "abc",
    "ap-southeast-7": "abc",
    "ca-central-1": "abd",
    "ca-west-1": "abc",
    "eu-central-1": "abc",
    "eu-central-2": "abc",
    "eu-north-1": "abc",
    "eu-south-1": "abc",
    "eu-south-2": "abc",
    "eu-west-1": "abc",
    "eu-west-2": "abc",
    "eu-west-3": "abc",
    "il-central-1": "abc",
    "me-central-1": "abc",
    "me-south-1": "abc",
    "mx-central-1": "abc",
    "sa-east-1": "abc",
    "us-east-1": "abcdef",
    "us-east-2": "abc",
    "us-west-1": "ab",
    "us-west-2": "abcd",
}


def zones_of(region: str) -> tuple[str, ...]:
    """The zone names of `region` (`us-east-1a`, ...). Raises KeyError for a region that the table lacks."""
    return tuple(region + letter for letter in ZONE_LETTERS[region])
