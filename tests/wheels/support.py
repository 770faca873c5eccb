"""What several exercises use.  Not a test framework: an exercise is functions and ``assert``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn


class Skipped(Exception):
    """A check that cannot be made on this machine."""


def skip(reason: str) -> NoReturn:
    raise Skipped(reason)


@contextmanager
def raises(
    expected: type[BaseException] | tuple[type[BaseException], ...], text: str = ""
) -> Iterator[None]:
    """The block has to raise this, with the text in its message."""
    try:
        yield
    except expected as error:
        if text not in str(error):
            raise AssertionError(f"{text!r} is not in {str(error)!r}") from error
    else:
        raise AssertionError(f"{expected} was not raised")


def in_threads(work: Callable[[int], None], count: int) -> None:
    """Runs ``work(0)`` to ``work(count - 1)`` at the same time; raises what the first raised."""
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
