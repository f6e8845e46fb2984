"""How each service says that a request breaks its model: the code and the sentence, which differ from service to service.

Most services stand on one framework of AWS's and say `ValidationException: 1 validation error detected: Value ... at ... failed
to satisfy constraint: ...`. The others are named here. https://docs.aws.amazon.com/awsquery and each service's common errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from localcloud.kernel.constraints import Violation
from localcloud.kernel.recorded import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A service's form of a validation error.

    code     of every violation that no other field names
    says     the sentence of the first violation, by {member} (as in the request), {path}, {value} and {constraint}; "" for the
             framework's sentence, which lists all of them
    missing  (code, sentence) where a required member is absent
    wrong    code of a value that is not of its member's type, or of a body that cannot be read
    members  the last part of a path -> (code, sentence), where a service has an error of its own for one member
    """

    code: str
    says: str = ""
    missing: tuple[str, str] | None = None
    wrong: str = "SerializationException"
    members: Mapping[str, tuple[str, str]] | None = None


_ABSENT: Final = ("MissingParameter", "The request must contain the parameter {member}")
_NULL: Final = (
    "ValidationError",
    "1 validation error detected: Value null at '{path}' failed to satisfy constraint: Member must not be null",
)
_INVALID_VALUE: Final = "Invalid value {value} for {member}. {constraint}"
_BUCKET_NAME: Final = ("InvalidBucketName", "The specified bucket is not valid.")

COMMON: Final = Form(code="ValidationException")
_QUERY: Final = Form(code="ValidationError", missing=_NULL, wrong="MalformedInput")
_PARAMETER: Final = Form(code="InvalidParameterException")
FORMS: Final[Mapping[str, Form]] = {
    # https://docs.aws.amazon.com/ec2/latest/devguide/errors-overview.html
    "ec2": Form(
        code="InvalidParameterValue",
        says="Value ({value}) for parameter {member} is invalid. {constraint}",
        missing=_ABSENT,
        wrong="InvalidParameterValue",
    ),
    # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    "s3": Form(
        code="MalformedXML",
        says="The XML you provided was not well-formed or did not validate against our published schema",
        wrong="MalformedXML",
        members={"storageClass": ("InvalidStorageClass", "The storage class you specified is not valid"), "bucket": _BUCKET_NAME},
    ),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
    "sqs": Form(
        code="InvalidParameterValue",
        says="Value {value} for parameter {member} is invalid. Reason: {constraint}.",
        missing=("MissingParameter", "The request must contain the parameter {member}."),
    ),
    # https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
    "sns": Form(code="InvalidParameter", says="Invalid parameter: {member}", missing=_NULL, wrong="MalformedInput"),
    # https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
    "ecr": Form(
        code="InvalidParameterException", says="Invalid parameter at '{path}' failed to satisfy constraint: '{constraint}'"
    ),
    "logs": _PARAMETER,
    "eks": _PARAMETER,
    "ecs": _PARAMETER,
    "codebuild": Form(code="InvalidInputException"),
    "glue": Form(code="InvalidInputException"),
    "athena": Form(code="InvalidRequestException"),
    "resource-groups": Form(code="BadRequestException"),
    "budgets": Form(code="InvalidParameterException"),
    "kafka": Form(code="BadRequestException"),
    "mq": Form(code="BadRequestException"),
    "cloudwatch": Form(code="ValidationError"),
    "route53": Form(code="InvalidInput", wrong="MalformedInput"),
    "rds": Form(code="InvalidParameterValue", says=_INVALID_VALUE, missing=_ABSENT, wrong="MalformedInput"),
    "elasticache": Form(code="InvalidParameterValue", says=_INVALID_VALUE, missing=_ABSENT, wrong="MalformedInput"),
}


def form(service: str, protocol: str) -> Form:
    """The form of a service; of one that is not named, the framework's by its protocol."""
    return FORMS.get(service) or (_QUERY if protocol in ("query", "ec2") else COMMON)


def refusal(form: Form, found: Sequence[Violation]) -> Refusal:
    """The error of a request that breaks its model in these places."""
    first = found[0]
    last = first.path.rpartition(".")[2]
    own = (form.members or {}).get(last) or (form.missing if first.kind == "null" else None)
    code, says = own or (form.code, form.says)
    if not says:
        count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: "
        return Refusal(code, count + "; ".join(each.sentence for each in found))
    member = last[:1].upper() + last[1:]
    return Refusal(code, says.format(member=member, path=first.path, value=first.told, constraint=_lowered(form, first)))


def _lowered(form: Form, violation: Violation) -> str:
    """A constraint as the services outside the framework word it."""
    says = violation.constraint
    if form.code == "InvalidParameterException":  # ECR's own words
        return says.replace("Member must satisfy regular expression pattern: ", "must satisfy regular expression '") + (
            "'" if violation.kind == "pattern" else ""
        )
    return says.replace("Member must", "It must")
