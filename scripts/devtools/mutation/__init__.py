"""Check the results of mutation tests."""
