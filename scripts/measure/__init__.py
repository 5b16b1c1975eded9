"""Tools that measure: how good the tests are, what a flood of events does. Deploys nothing, runs nothing in AWS."""
