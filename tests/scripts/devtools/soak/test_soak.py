"""Work in the background: while entered and no longer."""

import threading

from scripts.devtools.soak.soak import background


def test_it_works_while_entered_and_is_done_afterwards() -> None:
    """Leaving the block waits for the end of the thread."""
    works, is_done = threading.Event(), threading.Event()

    def work(ended: threading.Event) -> None:
        works.set()
        ended.wait()
        is_done.set()

    with background(work):
        assert works.wait(10)
        assert not is_done.is_set()
    assert is_done.is_set()
