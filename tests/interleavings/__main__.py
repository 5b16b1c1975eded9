"""Run many interleavings, or one with its trace: python -m tests.interleavings --count 1000000 --seed 1."""

import argparse
import sys
from collections.abc import Iterator
from multiprocessing import Pool

from tests.interleavings.interleaving import Interleavings, Violated
from tests.interleavings.report import report_of

# The number of interleavings that a process runs before it reports.
_AT_A_TIME = 1_000

# The number of failing seeds that are printed.
_MOST_REPORTS = 5


def main() -> int:
    """Return 0 if no interleaving violates an invariant, else 1."""
    parser = argparse.ArgumentParser(prog="make interleavings", description=__doc__)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    if given.count == 1:
        traced = Interleavings().traced(given.seed)
        sys.stdout.write(report_of(traced))
        return int(bool(traced.sentences))
    return _run_many(range(given.seed, given.seed + given.count), given.workers)


def _run_many(seeds: range, workers: int) -> int:
    done = found = steps = faults = 0
    for part in _parts(seeds, workers):
        done, steps, faults = done + part.seeds, steps + part.steps, faults + part.faults
        for violated in part.violated[: max(0, _MOST_REPORTS - found)]:
            sys.stdout.write(report_of(violated))
        found += len(part.violated)
        if done % 20_000 == 0 or done == len(seeds):
            sys.stdout.write(f"{done:,} interleavings, {steps:,} steps, {faults:,} faults: {found} violations\n")
            sys.stdout.flush()
    return int(bool(found))


class _Part:
    """The result of some seeds."""

    def __init__(self, seeds: range) -> None:
        runs = Interleavings()
        self.violated: list[Violated] = list(runs.run(seeds))
        self.seeds, self.steps, self.faults = len(seeds), runs.steps, runs.faults


def _parts(seeds: range, workers: int) -> Iterator[_Part]:
    with Pool(workers) as pool:
        yield from pool.imap(_Part, (seeds[begin : begin + _AT_A_TIME] for begin in range(0, len(seeds), _AT_A_TIME)))


if __name__ == "__main__":
    sys.exit(main())
