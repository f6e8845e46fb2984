"""The engine's property paths: `tags.Owner`, `ingress[0].fromPort`, `tags["a.b"]`.

Source: pulumi sdk/go/common/resource/property_path.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

_KEY: Final = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')


def at(value: Any, path: str, *, absent: Any = None, ends: Callable[[Any], bool] = lambda value: False) -> Any:
    """The value at a path; `absent` where there is none. A value on the way for which `ends` is true is returned itself."""
    keys = [quoted.replace('\\"', '"') or index or plain for quoted, index, plain in _KEY.findall(path)]
    for number, key in enumerate(keys):
        if ends(value):
            return value
        if isinstance(value, Mapping):
            rest = ".".join(keys[number:])
            if rest in value:  # some providers do not quote a key that contains dots
                return value[rest]
            value = value.get(key, absent)
        elif isinstance(value, list | tuple) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return absent
    return value
