"""Where Application Auto Scaling's rows differ from the golden provider, and why no row can mend it."""

from __future__ import annotations

_ARN = "the golden file names its own process's random arn"
_TAGS = "the golden run answered no tags, for moto 5.2.5 cannot list them; the recorder keeps them as AWS does"

DIFFERENCES = {
    "appautoscaling.Target": {
        "minimal/output arn": _ARN,
        "full/output arn": _ARN,
        "full/output tags": _TAGS,
        "full/output tagsAll": _TAGS,
    },
}
