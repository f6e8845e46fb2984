"""The look-ups of Parameter Store. A value is secret, whatever its type: so pulumi-aws has it."""

from __future__ import annotations

from catalog import functions
from localcloud.kernel.context import Call
from localcloud.kernel.lookup import Lookup

PARAMETER = Lookup(
    function=functions.SSM_PARAMETER,
    service="ssm",
    ask=Call(
        op="get_parameter",
        take=("name",),
        params={"WithDecryption": lambda c: c.props.get("withDecryption", True)},
        path="Parameter",
    ),
    id="{data.Name}",
    none="reading SSM Parameter ({name}): couldn't find resource",
    missing=("ParameterNotFound",),
    rename={"arn": "ARN"},
    outputs={
        "insecureValue": lambda c: None if c.data["Type"] == "SecureString" else c.data["Value"],
        "withDecryption": lambda c: c.props.get("withDecryption", True),
    },
    secret=frozenset({"value"}),
)

PARAMETERS_BY_PATH = Lookup(
    function=functions.SSM_PARAMETERS_BY_PATH,
    service="ssm",
    ask=Call(
        op="get_parameters_by_path",
        take=("path", "recursive"),
        params={"WithDecryption": lambda c: c.props.get("withDecryption", True)},
        path="Parameters",
    ),
    id="{path}",
    outputs={
        "arns": lambda c: [each["ARN"] for each in c.data],
        "names": lambda c: [each["Name"] for each in c.data],
        "types": lambda c: [each["Type"] for each in c.data],
        "values": lambda c: [each["Value"] for each in c.data],
        "withDecryption": lambda c: c.props.get("withDecryption", True),
    },
    secret=frozenset({"values"}),
)

LOOKUPS = (PARAMETER, PARAMETERS_BY_PATH)
