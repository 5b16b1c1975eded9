"""Package, check, deploy and delete the pipeline's stacks."""
