"""Where SQS rows differ from the golden provider, and why no row can mend it."""

from __future__ import annotations

DIFFERENCES = {
    "sqs.Queue": {
        'minimal/change {\'redrivePolicy\': \'{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:dlq","maxReceiveCount":5}\'}/applied': (
            "the golden run only planned this; applied, the queue it names must exist, on AWS as on moto"
        ),
    },
}
