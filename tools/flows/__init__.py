"""What a verb does: typed arguments in, a typed result out. A flow prints nothing and never ends the process; `tools/cli` shows
what came back."""
