"""The account number of the emulated cloud."""

from typing import Final

ACCOUNT: Final = "123456789012"
