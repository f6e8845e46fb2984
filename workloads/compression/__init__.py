"""Makes trained models smaller and faster, and lets them out to other runtimes: the workload `compress`."""
