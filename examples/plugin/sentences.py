"""How many words the sentences have."""

import statistics

from _plugin_sentences import ffi


@ffi.def_extern(error=-1)
def plugin_score(document, score):
    text = ffi.buffer(document.text, document.length)[:].decode()
    lengths = [len(sentence.split()) for sentence in text.split(".") if sentence.strip()]
    score.value = statistics.mean(lengths)
    score.unit = b"words/sentence"
    return 0
