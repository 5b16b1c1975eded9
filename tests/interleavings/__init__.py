"""Interleavings of the delivery protocol: the real processor and the real replay on AWS in memory, by a seed.

One interleaving is one seed: it decides the order of all calls, and which of them fail, lose their answer or are the
last of their process. CONTRIBUTING.md describes how to repeat a failing one.
"""
