"""Colours Python and JSON, and guesses a language."""
# packages: Pygments==2.21.0

from pygments import highlight
from pygments.formatters import HtmlFormatter, TerminalFormatter
from pygments.lexers import get_lexer_by_name, guess_lexer_for_filename

html = highlight("def f(x): return f'{x!r}'", get_lexer_by_name("python"), HtmlFormatter())
assert '<span class="k">def</span>' in html and '<span class="nf">f</span>' in html
assert "\x1b[" in highlight('{"a": 1}', get_lexer_by_name("json"), TerminalFormatter())
assert guess_lexer_for_filename("x.rs", "fn main() {}").name == "Rust"
