"""Finds dead letters by their ids, in a pass that ends as soon as all are found. Keeps none, prints nothing."""

from collections.abc import Collection, Generator

from scripts.operate.dead_letters.letter import CRASHED
from scripts.operate.dead_letters.opening import DeadLetters
from scripts.operate.dead_letters.reading import Read
from scripts.operate.dead_letters.scan import Progress, Scan


def find_letters(dead_letters: DeadLetters, ids: Collection[str], progress: Progress) -> Generator[Read]:
    """The letters that have these ids, each once, as they are found. Raises botocore's errors.

    Of one that is in the queue twice the copy with a cause: for one without, the pass goes on to its end.
    """
    wanted = set(ids)
    crashed: dict[str, Read] = {}
    with Scan(dead_letters.queue, progress) as scan:
        for letter in scan.letters():
            if not wanted & {letter.id, letter.message_id}:
                continue
            if letter.cause.category == CRASHED:
                crashed.setdefault(letter.copy_key, dead_letters.reader.read(letter))
                continue
            crashed.pop(letter.copy_key, None)
            wanted -= {letter.id, letter.message_id}
            yield dead_letters.reader.read(letter)
            if not wanted:
                return
    yield from crashed.values()
