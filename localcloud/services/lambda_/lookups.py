"""The look-up of Lambda functions."""

from __future__ import annotations

from typing import Any

from catalog import functions
from localcloud.kernel.context import Call, Context
from localcloud.kernel.lookup import Lookup


def _function(c: Context) -> dict[str, Any]:
    found = c.call(Call(op="get_function", take=("functionName", "qualifier")))
    configuration, qualifier = found["Configuration"], str(found["Configuration"].get("Version", "$LATEST"))
    whole = str(configuration["FunctionArn"])
    bare = whole.removesuffix(f":{qualifier}")
    return {
        **configuration,
        "arn": bare,
        "qualifiedArn": f"{bare}:{qualifier}",
        "imageUri": (found.get("Code") or {}).get("ImageUri", ""),
        "reservedConcurrentExecutions": (found.get("Concurrency") or {}).get("ReservedConcurrentExecutions", -1),
        "tags": found.get("Tags") or {},
    }


def _invoked_by(path: str) -> str:
    return "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{data." + path + "}/invocations"


FUNCTION = Lookup(
    function=functions.LAMBDA_FUNCTION,
    service="lambda",
    ask=_function,
    id="{functionName}",
    none="reading Lambda Function ({functionName}): couldn't find resource",
    missing=("ResourceNotFoundException",),
    rename={"sourceCodeHash": "CodeSha256", "sourceCodeSize": "CodeSize", "kmsKeyArn": "KMSKeyArn"},
    outputs={
        "arn": "{data.arn}",
        "qualifiedArn": "{data.qualifiedArn}",
        "invokeArn": _invoked_by("arn"),
        "qualifiedInvokeArn": _invoked_by("qualifiedArn"),
        "layers": "{data.Layers[].Arn}",
        "fileSystemConfigs": lambda c: c.data.get("FileSystemConfigs") or [],
        "ephemeralStorages": lambda c: [c.data["EphemeralStorage"]] if c.data.get("EphemeralStorage") else [],
    },
)

LOOKUPS = (FUNCTION,)
