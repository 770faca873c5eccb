"""cmarkgfm: an API-mode module for the stable ABI; linked lists and parsers of cmark."""

from __future__ import annotations

import cmarkgfm
from cmarkgfm import cmark
from cmarkgfm._cmark import ffi, lib
from cmarkgfm.cmark import Options
from support import in_threads, raises


def check_the_module() -> None:
    assert ffi.string(lib.cmark_version_string()).count(b".") >= 2
    assert lib.CMARK_OPT_DEFAULT == 0 and Options.CMARK_OPT_UNSAFE == lib.CMARK_OPT_UNSAFE
    assert ffi.typeof(lib.cmark_markdown_to_html).kind == "function"


def check_html() -> None:
    assert (
        cmarkgfm.markdown_to_html("# Title\n\n*text*") == "<h1>Title</h1>\n<p><em>text</em></p>\n"
    )
    assert cmarkgfm.markdown_to_html("Grüße 😀") == "<p>Grüße 😀</p>\n"
    assert cmarkgfm.markdown_to_html("") == ""


def check_options() -> None:
    assert cmarkgfm.markdown_to_html("a -- 'b'", Options.CMARK_OPT_SMART) == (
        "<p>a \u2013 \u2018b\u2019</p>\n"
    )
    assert "raw HTML omitted" in cmarkgfm.markdown_to_html("<b>x</b>")
    assert "<b>x</b>" in cmarkgfm.markdown_to_html("<b>x</b>", Options.CMARK_OPT_UNSAFE)
    assert 'data-sourcepos="1:1-1:1"' in cmarkgfm.markdown_to_html("x", Options.CMARK_OPT_SOURCEPOS)


def check_github_flavour() -> None:
    html = cmarkgfm.github_flavored_markdown_to_html(
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n~~gone~~ https://example.org\n\n- [x] done\n"
    )
    for part in ("<table>", "<td>1</td>", "<del>gone</del>", 'href="https://example.org"'):
        assert part in html, part
    assert 'type="checkbox"' in html
    footnote = cmarkgfm.github_flavored_markdown_to_html(
        "a[^1]\n\n[^1]: b", Options.CMARK_OPT_FOOTNOTES
    )
    assert "footnote" in footnote


def check_extensions_one_by_one() -> None:
    html = cmarkgfm.markdown_to_html_with_extensions("~~a~~ www.example.org", 0, ["strikethrough"])
    assert "<del>a</del>" in html and "href" not in html
    with raises(ValueError):
        cmarkgfm.markdown_to_html_with_extensions("x", 0, ["no such extension"])


def check_documents() -> None:
    root = cmark.parse_document("*hello*")
    assert ffi.typeof(root) is ffi.typeof("cmark_node *")
    assert cmark.render_html(root) == "<p><em>hello</em></p>\n"
    parser = cmark.parser_new()
    for piece in ("# in ", "pieces\n", "\ntext"):
        cmark.parser_feed(parser, piece)
    assert cmark.render_html(cmark.parser_finish(parser)) == "<h1>in pieces</h1>\n<p>text</p>\n"
    cmark.parser_free(parser)


def check_a_long_document() -> None:
    text = "".join(f"## Part {n}\n\n- item\n- *item*\n\n" for n in range(20_000))
    assert cmarkgfm.github_flavored_markdown_to_html(text).count("<h2>") == 20_000


def check_deep_nesting() -> None:
    assert cmarkgfm.markdown_to_html(">" * 5000 + "x").count("<blockquote>") == 5000


def check_arguments() -> None:
    with raises((TypeError, AttributeError)):
        cmarkgfm.markdown_to_html(None)
    with raises(TypeError):
        lib.cmark_markdown_to_html("a str", 5, 0)
    with raises(OverflowError):
        lib.cmark_markdown_to_html(b"x", 1, 2**40)
    with raises(TypeError, "cmark_markdown_to_html expected 3 arguments, got 1"):
        lib.cmark_markdown_to_html(b"x")


def check_from_many_threads() -> None:
    def work(_number: int) -> None:
        for _ in range(300):
            assert "<td>1</td>" in cmarkgfm.github_flavored_markdown_to_html("|a|\n|-|\n|1|")

    in_threads(work, 4)
