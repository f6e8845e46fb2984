"""Where botocore's models say more or less than AWS does: patterns that Python must read otherwise, enums that lag behind.

AWS's own clients are built from the same models, so a model is right until a public source says otherwise. Each exception stands
here with its reason, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

# (service, shape): an enum that grows with every release of the service, so that an older model refuses what AWS takes.
OPEN_ENUMS: Final = {
    ("ec2", "InstanceType"): "new instance types come every week, and EC2 has words of its own for one that it does not know",
    ("lambda", "Runtime"): "new runtimes come before the model, and Lambda has words of its own for an unknown one",
}

# (service, shape): members that the model requires although an empty one, which is right, has no place in the request.
NOT_REQUIRED: Final = {
    ("ec2", "CreateLaunchTemplateRequest"): frozenset({"LaunchTemplateData"}),
    ("ec2", "CreateLaunchTemplateVersionRequest"): frozenset({"LaunchTemplateData"}),
}

# What Java and Python write differently. A class of Unicode's stands for the nearest of Python's, never for less.
_IN_PYTHON: Final = (
    (r"\p{L}", r"\w"),
    (r"\p{LD}", r"\w"),
    (r"\p{N}", r"\w"),
    (r"\p{Nd}", r"\d"),
    (r"\p{M}", r"\w"),
    (r"\p{Z}", r"\s"),
    (r"\p{Zs}", r"\s"),
    (r"\p{P}", r"!-/:-@\[-`{-~¡-¿‐-⁞"),
    (r"\p{S}", r"$+<-\>\^`|~¢-©¬®-±×÷"),
    (r"\p{Print}", r"[ -~¡-\uffff]"),
    (r"\p{Graph}", r"[!-~¡-\uffff]"),
    (r"\p{Alpha}", r"a-zA-Z"),
    (r"\p{Alnum}", r"a-zA-Z0-9"),
    (r"\p{ASCII}", r"\x00-\x7f"),
    (r"\uD800\uDC00-\uDBFF\uDFFF", "\\U00010000-\\U0010ffff"),
    (r"\ud800\udc00-\udbff\udfff", "\\U00010000-\\U0010ffff"),
)


def in_python(pattern: str) -> str:
    """A pattern of the models in Python's form: Unicode classes, surrogate pairs, possessive counts and flags in the middle."""
    for java, python in _IN_PYTHON:
        pattern = pattern.replace(java, python)
    return re.sub(r"(\\[wsd])-(?=[^\]])", r"\1\\-", pattern).replace("(?i)", "")


def pattern(shape: Any) -> tuple[str, Callable[[str], Any]] | None:
    """A shape's pattern and what matches it; None where there is none, or none that is held."""
    text = shape.metadata.get("pattern")
    if not text:
        return None
    try:
        return text, re.compile(in_python(text), re.DOTALL).fullmatch
    except re.error:
        return None


def enum(service: str, shape: Any) -> tuple[str, ...]:
    """The values that a shape may have; empty where any will do."""
    values = tuple(shape.metadata.get("enum") or ())
    if not values or (service, shape.name) in OPEN_ENUMS:
        return ()
    return values
