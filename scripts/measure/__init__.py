"""Tools that measure: how good the tests are, whether every accepted event has its outcome. Deploys nothing."""
