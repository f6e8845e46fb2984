"""Places that run jobs, a folder each: what `tools.jobs.runner.Runner` asks for, in the words of that place's API."""
