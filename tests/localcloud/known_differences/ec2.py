"""Where EC2 rows differ from the golden provider, and why no row can mend it."""

from __future__ import annotations

DIFFERENCES = {
    "ec2.RouteTable": {
        "minimal/change {'propagatingVgws': ['vgw-01234567']}/applied": (
            "moto 5.2.5 has no EnableVgwRoutePropagation; the platform has no VPN"
        ),
    },
    "ec2.FlowLog": {
        "s3/output destinationOptions": (
            "moto 5.2.5 loses them: Terraform replaces the log at every plan, here what was asked for stands"
        ),
    },
    "ec2.LaunchTemplate": {
        "nodes/output tagSpecifications": (
            "moto 5.2.5 puts the template's own tags among them: drift at every plan; the row leaves them out"
        ),
    },
    "ec2.PlacementGroup": {
        "invalid/1": "Pulumi names a placement group that has no name, so it is not required",
    },
    "ec2.SecurityGroup": {
        "minimal/output description": "the golden provider is Terraform; the Pulumi bridge's default is 'Managed by Pulumi'",
    },
    "ec2.Eip": {
        "invalid/1": "the refused argument `vpc` is gone in pulumi-aws 7, so the case is the valid {'domain': 'vpc'}",
    },
}
