"""pygit2: a loop of many small calls in API mode, over a repository that is made first.

pygit2 reaches libgit2 through a C extension for objects, and through cffi for what
is used here: the index, configurations, blame, remotes.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

import pygit2

AUTHOR = pygit2.Signature("A U Thor", "author@example.org", 1_700_000_000, 60)
FILES, COMMITS, ROUNDS = 60, 5, 40


def make(folder: str) -> pygit2.Repository:
    repository = pygit2.init_repository(folder, initial_head="main")
    for number in range(COMMITS):
        for file in range(FILES):
            name = f"file{file}.txt"
            text = "".join(f"line {line} of {number}\n" for line in range(file + number))
            (Path(folder) / name).write_text(text)
            repository.index.add(name)
        repository.index.write()
        parents = [] if repository.head_is_unborn else [repository.head.target]
        tree = repository.index.write_tree()
        repository.create_commit("HEAD", AUTHOR, AUTHOR, f"change {number}", tree, parents)
    for number in range(5):
        repository.remotes.create(f"remote{number}", f"https://example.org/{number}.git")
    return repository


def walk(repository: pygit2.Repository) -> int:
    """Adds up what it sees."""
    seen = 0
    for entry in repository.index:
        seen += len(entry.path) + int(entry.mode) + str(entry.id).count("0")
    for file in range(FILES):
        seen += len(repository.index[f"file{file}.txt"].path)
        seen += f"file{file}.txt" in repository.index
    for entry in repository.config:
        # Those of the machine are none of ours.
        seen += len(entry.value) if entry.name.startswith("remote.") else 0
    for remote in repository.remotes:
        seen += len(remote.name) + len(remote.url) + sum(map(len, remote.fetch_refspecs))
    for hunk in repository.blame("file9.txt"):
        seen += hunk.lines_in_hunk + hunk.final_start_line_number + len(hunk.final_committer.name)
    return seen


def main() -> None:
    # What is configured on this machine would be part of the work.
    os.environ["HOME"] = "/nonexistent"
    with tempfile.TemporaryDirectory() as folder:
        repository = make(folder)
        value = walk(repository)
        start = time.perf_counter_ns()
        for _ in range(ROUNDS):
            assert walk(repository) == value
        stop = time.perf_counter_ns()
    print(json.dumps({"nanoseconds": stop - start, "value": value}))


main()
