"""The command line: one file a verb under `verbs/`, people's output on a terminal, `--json` for machines."""
