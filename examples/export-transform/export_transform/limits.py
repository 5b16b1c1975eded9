"""The limits of reading, so that a hostile or broken file cannot use up memory or time."""

from typing import NamedTuple

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


class Limits(NamedTuple):
    """What one file may have at most. The sizes that a file itself states are never believed.

    `expanded_bytes` and `ratio` are those of a file after decompression: deflate can reach 1032 times, MARCXML stays
    below 40. `header_bytes` is for one header of a container, or one tag of XML outside records. A record of more than
    `record_bytes` is rejected, and the records after it are read.
    """

    expanded_bytes: int = 64 * GIB
    ratio: int = 200
    members: int = 10_000
    name_bytes: int = KIB
    header_bytes: int = 64 * KIB
    record_bytes: int = 2 * MIB
