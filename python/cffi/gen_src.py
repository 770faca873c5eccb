"""``python -m cffi.gen_src``: see ``cffi._cffi_gen_src``."""

if __name__ == "__main__":
    from cffi._cffi_gen_src import run

    run(prog="python -m cffi.gen_src")
