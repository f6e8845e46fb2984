"""Where KMS rows differ from the golden provider, and why no row can mend it."""

from __future__ import annotations

DIFFERENCES = {
    "kms.Key": {
        "full/output rotationPeriodInDays": "moto 5.2.5 does not keep the period, so the golden run read 0; AWS reports what was asked for, and so do we",
    },
}
