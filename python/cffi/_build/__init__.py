"""The steps from a generated text to a file and to a loaded library.

Nothing here is imported by ``import cffi``.
"""
