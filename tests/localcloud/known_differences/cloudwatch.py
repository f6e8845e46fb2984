"""Where CloudWatch rows differ from the golden provider, and why no row can mend it."""

from __future__ import annotations

DIFFERENCES = {
    "cloudwatch.LogGroup": {
        "full/output logGroupClass": "moto answered no class in the golden run; AWS answers the one that was asked for, and so do we",
    },
    "cloudwatch.MetricAlarm": {
        "full/output insufficientDataActions": "an empty list that the program gave stays one here; Terraform has no empty sets and says null",
    },
}
