"""Where SSM rows differ from the golden provider, and why no row can mend it."""

from __future__ import annotations

DIFFERENCES = {
    "ssm.Parameter": {
        "invalid/2": "pulumi-aws names the parameter after the resource where Terraform demands a name",
    },
}
