"""One file a concern; the decidable part of each lives in a pure module beside it."""
