"""Makes trained models smaller and faster, and exports them to other runtimes: the workload `compress`."""
