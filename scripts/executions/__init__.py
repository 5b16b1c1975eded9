"""Find executions of state machines that did not succeed, with their events, and redrive them."""
