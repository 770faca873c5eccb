"""What exercises share. Only the standard library: they run under any runtime, PyPy's too."""


def refuses(exception, function, *arguments, says=()):
    """Check that a call raises, with these words in the text; returns the text."""
    try:
        result = function(*arguments)
    except exception as error:
        text = str(error)
        missing = [word for word in says if word not in text]
        assert not missing, f"{missing} not in {text!r}"
        return text
    raise AssertionError(f"{function} took {arguments!r} and gave {result!r}")


def fields(ffi, spelling):
    """The names and types of the fields of a struct or union."""
    return {name: ffi.getctype(field.type) for name, field in ffi.typeof(spelling).fields}
