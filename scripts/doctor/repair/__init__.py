"""What `doctor --fix` does: finds what a stack should have and somebody deleted or disabled, and brings it back."""
