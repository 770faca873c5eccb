"""pygit2: an API-mode module beside a C extension; callbacks by extern "Python"."""

from __future__ import annotations

import shutil
from pathlib import Path

import pygit2
from pygit2 import Signature
from pygit2._libgit2 import ffi, lib
from support import raises

AUTHOR = Signature("A U Thor", "author@example.org", 1_700_000_000, 60)


def fresh(name: str) -> pygit2.Repository:
    """A new repository with three commits on main, in the current folder."""
    shutil.rmtree(name, ignore_errors=True)
    repository = pygit2.init_repository(name, initial_head="main")
    for number, text in enumerate(("one\n", "one\ntwo\n", "one\n2\nthree\n")):
        commit(repository, {"file.txt": text, f"part{number}.txt": f"{number}\n"})
    return repository


def commit(repository: pygit2.Repository, files: dict[str, str], message="change") -> pygit2.Oid:
    for name, text in files.items():
        (Path(repository.workdir) / name).write_text(text)
        repository.index.add(name)
    repository.index.write()
    parents = [] if repository.head_is_unborn else [repository.head.target]
    tree = repository.index.write_tree()
    return repository.create_commit("HEAD", AUTHOR, AUTHOR, message, tree, parents)


def check_the_module() -> None:
    assert lib.GIT_OK == 0 and lib.GIT_ENOTFOUND == -3
    assert pygit2.LIBGIT2_VERSION.count(".") == 2
    assert ffi.sizeof("git_oid") in (20, 32)
    assert ffi.typeof("git_clone_options").kind == "struct"
    names = [name for name, _ in ffi.typeof("git_clone_options").fields]
    assert names[0] == "version" and "fetch_opts" in names


def check_commit_and_history() -> None:
    repository = fresh("history")
    commits = list(repository.walk(repository.head.target, pygit2.enums.SortMode.TOPOLOGICAL))
    assert len(commits) == 3 and commits[-1].parents == []
    assert commits[0].author.name == "A U Thor" and commits[0].author.offset == 60
    assert repository[commits[0].tree["file.txt"].id].data == b"one\n2\nthree\n"
    assert [entry.name for entry in commits[0].tree] == [
        "file.txt",
        "part0.txt",
        "part1.txt",
        "part2.txt",
    ]
    assert repository.status() == {}
    (Path(repository.workdir) / "new").write_text("x")
    assert repository.status() == {"new": pygit2.enums.FileStatus.WT_NEW}


def check_branches_and_checkout() -> None:
    repository = fresh("branches")
    first = repository.revparse_single("HEAD~2")
    branch = repository.branches.local.create("topic", first)
    assert sorted(repository.branches.local) == ["main", "topic"]
    repository.checkout(branch)
    assert (Path(repository.workdir) / "file.txt").read_text() == "one\n"
    assert not (Path(repository.workdir) / "part2.txt").exists()
    repository.checkout("refs/heads/main")
    assert (Path(repository.workdir) / "part2.txt").exists()
    branch.rename("subject")
    assert sorted(repository.branches.local) == ["main", "subject"]
    with raises(KeyError):
        _ = repository.branches["topic"]


def check_checkout_callbacks() -> None:
    """notify and progress, by struct of function pointers and a handle."""
    repository = fresh("checkout")

    class Watch(pygit2.callbacks.CheckoutCallbacks):
        def __init__(self):
            super().__init__()
            self.notified, self.steps = [], []

        def checkout_notify_flags(self):
            return pygit2.enums.CheckoutNotify.UPDATED | pygit2.enums.CheckoutNotify.DIRTY

        def checkout_notify(self, why, path, baseline, target, workdir):
            self.notified.append((why, path, baseline is not None, target is not None))

        def checkout_progress(self, path, completed, total):
            self.steps.append((path, completed, total))

    watch = Watch()
    tree = repository.revparse_single("HEAD~2").tree
    repository.checkout_tree(tree, callbacks=watch, strategy=pygit2.enums.CheckoutStrategy.FORCE)
    assert (pygit2.enums.CheckoutNotify.UPDATED, "file.txt", True, True) in watch.notified
    assert watch.steps and watch.steps[-1][1] == watch.steps[-1][2]

    class Refuse(Watch):
        def checkout_notify(self, *arguments):
            raise LookupError("stopped here")

    with raises(LookupError, "stopped here"):
        repository.checkout(
            "HEAD", callbacks=Refuse(), strategy=pygit2.enums.CheckoutStrategy.FORCE
        )


def check_clone_with_callbacks() -> None:
    origin = fresh("origin")

    class Callbacks(pygit2.RemoteCallbacks):
        def __init__(self):
            super().__init__()
            self.progress, self.updated, self.said = [], [], []

        def transfer_progress(self, stats):
            self.progress.append((stats.total_objects, stats.received_objects))

        def update_tips(self, refname, old, new):
            self.updated.append((refname, str(old), str(new)))

        def sideband_progress(self, text):
            self.said.append(text)

    callbacks = Callbacks()
    shutil.rmtree("clone", ignore_errors=True)
    url = Path(origin.workdir).resolve().as_uri()
    clone = pygit2.clone_repository(url, "clone", callbacks=callbacks)
    assert clone.head.target == origin.head.target
    assert (Path("clone") / "part2.txt").read_text() == "2\n"
    assert callbacks.updated[0] == (
        "refs/remotes/origin/main",
        "0" * 40,
        str(origin.head.target),
    )
    assert callbacks.progress and callbacks.progress[-1][0] == callbacks.progress[-1][1] >= 3
    assert [remote.name for remote in clone.remotes] == ["origin"]
    assert clone.remotes["origin"].url == url


def check_clone_callbacks_create_what_they_return() -> None:
    origin = fresh("origin")
    made = []

    def repository(path, bare):
        made.append(("repository", bare))
        return pygit2.init_repository(path, bare)

    def remote(repository, name, url):
        made.append(("remote", bytes(name)))
        return repository.remotes.create("upstream", url)

    shutil.rmtree("clone", ignore_errors=True)
    clone = pygit2.clone_repository(
        origin.workdir, "clone", bare=True, repository=repository, remote=remote
    )
    assert made == [("repository", True), ("remote", b"origin")]
    assert clone.is_bare and [remote.name for remote in clone.remotes] == ["upstream"]


def check_exceptions_cross_libgit2() -> None:
    origin = fresh("origin")

    class Callbacks(pygit2.RemoteCallbacks):
        def transfer_progress(self, stats):
            raise ZeroDivisionError("in transfer_progress")

    shutil.rmtree("clone", ignore_errors=True)
    url = Path(origin.workdir).resolve().as_uri()
    with raises(ZeroDivisionError, "in transfer_progress"):
        pygit2.clone_repository(url, "clone", callbacks=Callbacks())
    with raises(pygit2.GitError):
        pygit2.clone_repository("/nonexistent/path", "clone")


def check_fetch_and_push() -> None:
    origin = fresh("origin")
    shutil.rmtree("bare", ignore_errors=True)
    bare = pygit2.clone_repository(origin.workdir, "bare", bare=True)
    shutil.rmtree("work", ignore_errors=True)
    work = pygit2.clone_repository("bare", "work")
    pushed = commit(work, {"pushed.txt": "pushed\n"})
    results, totals = [], []

    class Callbacks(pygit2.RemoteCallbacks):
        def push_update_reference(self, refname, message):
            results.append((refname, message))

        def push_transfer_progress(self, pushed, total, size):
            totals.append((pushed, total))

    work.remotes["origin"].push(["refs/heads/main"], callbacks=Callbacks())
    assert results == [("refs/heads/main", None)] and totals[-1][0] == totals[-1][1]
    assert bare.references["refs/heads/main"].target == pushed
    origin.remotes.create("bare", str(Path("bare").resolve()))
    stats = origin.remotes["bare"].fetch()
    assert stats.received_objects >= 3
    assert origin.references["refs/remotes/bare/main"].target == pushed
    heads = origin.remotes["bare"].list_heads()
    assert "refs/heads/main" in [head.name for head in heads]


def check_diff() -> None:
    repository = fresh("diff")
    diff = repository.diff("HEAD~1", "HEAD")
    assert diff.stats.files_changed == 2 and diff.stats.insertions == 3
    patches = {patch.delta.new_file.path: patch for patch in diff}
    assert patches["file.txt"].line_stats == (0, 2, 1) or patches["file.txt"].line_stats[1:] == (
        2,
        1,
    )
    lines = [
        (line.origin, line.content) for hunk in patches["file.txt"].hunks for line in hunk.lines
    ]
    assert lines == [(" ", "one\n"), ("-", "two\n"), ("+", "2\n"), ("+", "three\n")]
    assert "+three" in diff.patch
    (Path(repository.workdir) / "file.txt").write_text("changed\n")
    assert "-one\n" in repository.diff().patch


def check_blame() -> None:
    """Out-of-line structs that libgit2 returns by pointer, iterated from Python."""
    repository = fresh("blame")
    blame = repository.blame("file.txt")
    hunks = list(blame)
    assert sum(hunk.lines_in_hunk for hunk in hunks) == 3
    assert hunks[0].final_start_line_number == 1
    assert hunks[0].orig_commit_id == repository.revparse_single("HEAD~2").id
    assert blame.for_line(3).final_commit_id == repository.head.target
    assert hunks[0].final_committer.name == "A U Thor"
    with raises(IndexError):
        blame.for_line(99)


def check_merge_conflicts_and_index() -> None:
    repository = fresh("merge")
    base = repository.head.target
    commit(repository, {"file.txt": "one\nours\nthree\n"})
    tree = repository.TreeBuilder(repository[base].tree)
    blob = repository.create_blob(b"one\ntheirs\nthree\n")
    tree.insert("file.txt", blob, pygit2.enums.FileMode.BLOB)
    theirs = repository.create_commit(
        "refs/heads/theirs", AUTHOR, AUTHOR, "theirs", tree.write(), [base]
    )
    repository.merge(theirs)
    ancestor, ours, other = next(iter(repository.index.conflicts))
    assert other.id == blob and ancestor.path == ours.path == "file.txt"
    merged = repository.merge_file_from_index(ancestor, ours, other)
    assert "<<<<<<< file.txt" in merged.contents and not merged.automergeable
    del repository.index.conflicts["file.txt"]
    assert not repository.index.conflicts
    repository.state_cleanup()


def check_configuration() -> None:
    """An API of pygit2 that is CFFI throughout: iterators, multivars, booleans."""
    repository = fresh("config")
    config = repository.config
    config["user.name"] = "Ünïcode"
    config["test.flag"] = True
    config["test.number"] = 2**40
    assert config["user.name"] == "Ünïcode"
    assert config.get_bool("test.flag") and config.get_int("test.number") == 2**40
    config.set_multivar("test.many", "^$", "a")
    config.set_multivar("test.many", "^$", "b")
    assert list(config.get_multivar("test.many")) == ["a", "b"]
    assert {"user.name", "test.flag"} <= {entry.name for entry in config}
    del config["test.flag"]
    with raises(KeyError, "test.flag"):
        _ = config["test.flag"]


def check_remotes_submodules_and_stash() -> None:
    repository = fresh("others")
    library = fresh("library")
    remote = repository.remotes.create("some", "https://example.org/x.git")
    assert remote.fetch_refspecs == ["+refs/heads/*:refs/remotes/some/*"]
    assert remote.get_refspec(0).transform("refs/heads/a") == "refs/remotes/some/a"
    repository.remotes.rename("some", "other")
    assert [one.name for one in repository.remotes] == ["other"]
    repository.submodules.add(str(Path(library.workdir).resolve()), "sub")
    assert [one.path for one in repository.submodules] == ["sub"]
    repository.index.write()
    commit(repository, {}, "submodule")
    (Path(repository.workdir) / "file.txt").write_text("stashed\n")
    repository.stash(AUTHOR, "for later")
    assert [entry.message for entry in repository.listall_stashes()] == ["On main: for later"]
    repository.stash_apply()
    assert (Path(repository.workdir) / "file.txt").read_text() == "stashed\n"


def check_filters_in_python() -> None:
    """pygit2's C part calls into Python for every blob that is checked out."""
    seen = []

    class Rot13(pygit2.Filter):
        attributes = "filter=rot13"

        def check(self, src, attr_values):
            if attr_values[0] != "rot13":
                raise pygit2.Passthrough

        def write(self, data, src, write_next):
            seen.append(src.path)
            write_next(bytes(data).translate(TABLE))

    pygit2.filter_register("rot13", Rot13)
    try:
        repository = fresh("filters")
        commit(repository, {".gitattributes": "*.rot filter=rot13\n"})
        commit(repository, {"secret.rot": "uryyb\n"})
        stored = repository.revparse_single("HEAD").tree["secret.rot"].data
        assert stored == b"hello\n" and set(seen) == {"secret.rot"}
        del repository
    finally:
        pygit2.filter_unregister("rot13")


LETTERS = bytes(range(97, 123))
TABLE = bytes.maketrans(LETTERS, LETTERS[13:] + LETTERS[:13])


def check_repositories_come_and_go() -> None:
    fresh("many")
    for _ in range(200):
        repository = pygit2.Repository("many")
        assert len(list(repository.index)) == 4
        assert repository.blame("file.txt")[0].lines_in_hunk
