"""Tools that measure: how good the tests are. Deploys nothing, runs nothing in AWS."""
