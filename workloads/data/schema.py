"""What a digits file holds: one image a row. Writers, readers and the server all take it from here."""

from __future__ import annotations

from typing import Final

# An image is 8 x 8 grey values of 0 to 16, row by row. Source: scikit-learn `load_digits` (UCI optical recognition of digits).
SIDE: Final = 8
PIXELS: Final = SIDE * SIDE
PIXEL_MAX: Final = 16
CLASSES: Final = 10

TRAIN_FILE: Final = "train.parquet"
TEST_FILE: Final = "test.parquet"
