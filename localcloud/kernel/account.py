"""The account that the emulated cloud is."""

from typing import Final

ACCOUNT: Final = "123456789012"
