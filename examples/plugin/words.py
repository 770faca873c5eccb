"""How many different words there are among a hundred."""

import re

from _plugin_words import ffi


@ffi.def_extern(error=-1)
def plugin_score(document, score):
    text = ffi.buffer(document.text, document.length)[:].decode()
    words = re.findall(r"\w+", text.lower())
    score.value = 100 * len(set(words)) / len(words)
    score.unit = b"% different"
    return 0
