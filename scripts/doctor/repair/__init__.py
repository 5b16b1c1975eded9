"""Implement `doctor --fix`: find resources of a stack that were deleted or disabled by hand, and restore them."""
