"""Lambdas 3 and 4: the producer turns a post into notifications on a queue, and the sender sends each of them."""
