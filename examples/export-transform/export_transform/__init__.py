"""Fetch the files of an export job, transform each record, and send the results to another system."""
