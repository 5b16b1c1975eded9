"""Run the pipeline on a laptop, and send events."""
