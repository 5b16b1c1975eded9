"""Simulates Alma: posts many events."""
