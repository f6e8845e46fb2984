"""The base of every component: a subclass says what it declares, and its annotated outputs are registered for it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

import pulumi
from pydantic.alias_generators import to_camel

Args = TypeVar("Args")


class Component(pulumi.ComponentResource, Generic[Args]):
    """A component: `class Vault(Component[VaultArgs], token="slipway:security:Vault")`, made as `Vault(name, args, opts)`.

    `declare` makes the children, each with `parent=self`, and sets every output. An output is an attribute that the class
    annotates with `pulumi.Output`, with a list or map of these, or with either or None; it is registered under its name in
    camelCase. Other attributes are handed on to other components and are not registered.
    """

    token: ClassVar[str]
    _outputs: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, *, token: str, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.token = token

    def __init__(self, name: str, args: Args, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(type(self).token, name, None, opts)
        self._args = args
        self.declare(args)
        self.register_outputs({**self._annotated(), **self.named_outputs()})

    def declare(self, args: Args) -> None:
        """Makes the children and sets the outputs."""
        raise NotImplementedError

    def named_outputs(self) -> Mapping[str, pulumi.Input[Any]]:
        """Outputs whose names come from the settings, under the names that they are registered by."""
        return {}

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """The options of a child of this component."""
        return pulumi.ResourceOptions(parent=self, **options)

    def _annotated(self) -> dict[str, Any]:
        names = output_names(type(self))
        unset = [name for name in names if not hasattr(self, name)]
        assert not unset, f"{type(self).__name__} annotates {', '.join(unset)} and does not set it"
        return {to_camel(name): value for name in names if (value := getattr(self, name)) is not None}


def output_names(component: type[Component[Any]]) -> list[str]:
    """The attributes that a component's class annotates as outputs, in the order in which they are written."""
    hints = inspect.get_annotations(component, eval_str=True)
    return [name for name, hint in hints.items() if _holds_output(hint)]


def _holds_output(hint: Any) -> bool:
    if get_origin(hint) is ClassVar:
        return False
    return (get_origin(hint) or hint) is pulumi.Output or any(_holds_output(argument) for argument in get_args(hint))
