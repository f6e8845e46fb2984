"""Transit gateways."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card

VPC_ATTACHMENT = Card(
    token="aws:ec2transitgateway/vpcAttachment:VpcAttachment",
    unit="hour, and GB processed",
)

CARDS: Final = (VPC_ATTACHMENT,)
