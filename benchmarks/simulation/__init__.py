"""A simulation of the pipeline on AWS: queue, mapping, functions, quotas and outages, in simulated time."""
