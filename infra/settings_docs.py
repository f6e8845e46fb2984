"""docs/settings.md, made from the model: `python -m infra.settings_docs > docs/settings.md`. A test holds the file to it."""

from __future__ import annotations

import re
import types
from datetime import date
from enum import StrEnum
from typing import Any, Final, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from infra.stack_file import Settings

# Filled in from the stack by `settings.parse`, not by the model.
ENVIRONMENT_KEY: Final = "slipway:environment"
_HEAD: Final = """# Settings

Every key of `Pulumi.<stack>.yaml`, made from the model (`python -m infra.settings_docs > docs/settings.md`); a test keeps the
two alike.
A stack file holds only what differs from the defaults here. What is wrong with one is told all at once, with each key's path, the
value and the way out, before anything is declared.

Keys with a dot are nested: `slipway:network.cidr` is

```yaml
config:
  slipway:network:
    cidr: 10.20.0.0/16
```

`<name>` stands for a name of your own, `[]` for each entry of a list. Only `slipway:secrets.values` may be encrypted
(`pulumi config set --secret --path 'slipway:secrets.values["hugging-face-token"]'`).
"""


class Setting(NamedTuple):
    """One documented key: its path, what it takes, its default ("required" where there is none) and what it means."""

    path: str
    takes: str
    default: str
    meaning: str


def settings(model: type[BaseModel] = Settings, prefix: str = "") -> list[Setting]:
    """Every key of the model, sections first named and then opened, in the model's order."""
    found: list[Setting] = []
    for name, field in model.model_fields.items():
        path = f"{prefix}.{field.alias or name}" if prefix else (field.alias or name)
        default = "the stack's name" if path == ENVIRONMENT_KEY else _default(field)
        found.append(Setting(path, _takes(field.annotation), default, field.description or ""))
        nested, suffix = _nested(field.annotation)
        if nested is not None:
            found += settings(nested, path + suffix)
    return found


def render() -> str:
    """The whole page."""
    lines = [_HEAD]
    for name, field in Settings.model_fields.items():
        alias = field.alias or name
        nested, _ = _nested(field.annotation)
        if nested is None:
            continue
        rows = [row for row in settings() if row.path.startswith(alias + ".")]
        lines += [f"## {alias}", "", (nested.__doc__ or "").strip(), "", *_table(rows), ""]
    plain = [row for row in settings() if "." not in row.path and _nested(_field(row.path).annotation)[0] is None]
    lines[1:1] = ["## The stack", "", *_table(plain), ""]
    return "\n".join(lines).rstrip() + "\n"


def _field(alias: str) -> FieldInfo:
    return next(field for name, field in Settings.model_fields.items() if alias in (name, field.alias))


def _table(rows: list[Setting]) -> list[str]:
    cells = [f"| `{row.path}` | {row.takes} | {row.default} | {row.meaning} |".replace("\n", " ") for row in rows]
    return ["| Key | Takes | Default | Meaning |", "| --- | --- | --- | --- |", *cells]


def _nested(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    """The section in an annotation, and how a path goes into it: "" for the section, `[]` in a list, `.<name>` in a map."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    origin = get_origin(annotation)
    suffix = {tuple: "[]", list: "[]", dict: ".<name>"}.get(origin, "") if origin else ""
    for argument in get_args(annotation):
        model, inner = _nested(argument)
        if model is not None:
            return model, suffix + inner
    return None, ""


def _takes(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return " or ".join(f"`{member.value}`" for member in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    if origin is Literal:
        return " or ".join(f"`{argument}`" for argument in arguments)
    if origin in (tuple, list):
        return f"list of {_takes(arguments[0])}"
    if origin is dict:
        return f"map of {_takes(arguments[1])}"
    if origin in (Union, types.UnionType):
        return " or ".join(_takes(argument) for argument in arguments if argument is not type(None))
    if hasattr(annotation, "__metadata__"):
        return _takes(arguments[0])
    return {str: "text", int: "whole number", float: "number", bool: "`true` or `false`", SecretStr: "secret", date: "day"}.get(
        annotation, "text"
    )


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined or value is None:
        return "none"
    return _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, BaseModel):
        return "see below"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, (tuple, list)):
        if not value:
            return "empty"
        if any(isinstance(item, BaseModel) for item in value):
            return "; ".join(_given(item) for item in value)
        return "`[" + ", ".join(str(item) for item in value) + "]`"
    if isinstance(value, dict):
        return ", ".join(f"`{key}`" for key in value) if value else "empty"
    return f"`{value}`"


def _given(item: BaseModel) -> str:
    """What a default entry sets besides its own defaults."""
    given = item.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    return "`" + re.sub(r"['\"]", "", str(given)) + "`"


if __name__ == "__main__":
    print(render(), end="")
