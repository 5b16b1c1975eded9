"""Tools that measure: how good the tests are, whether events are lost, what a flood of them does. Deploys nothing."""
