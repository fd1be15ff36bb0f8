"""CEL, word by word."""

import re
from collections.abc import Iterator
from typing import NamedTuple

COMMENT = r"//[^\n]*"
TEXT = r"""
    [bB]?[rR][bB]? (?: \"{3}.*?\"{3} | '{3}.*?'{3} | "[^"\n]*" | '[^'\n]*' )
  | [bB]? (?:
      \"{3}(?:\\.|[^\\])*?\"{3} | '{3}(?:\\.|[^\\])*?'{3}
    | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
"""

_TOKEN = re.compile(
    rf"""
      (?P<blank> \s+ | {COMMENT} )
    | (?P<text> {TEXT} )
    | (?P<double> \d+\.\d+(?:[eE][+-]?\d+)? | \d+[eE][+-]?\d+ | \.\d+(?:[eE][+-]?\d+)? )
    | (?P<int> (?:0[xX][0-9a-fA-F]+|\d+)[uU]? )
    | (?P<name> [A-Za-z_]\w* )
    | (?P<sign> == | != | <= | >= | && | \|\| | [-+*/%<>!?:.,()\[\]{{}}] )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    kind: str  # text, double, int, name, sign, other; end
    text: str
    began: int
    ended: int


def tokens(source: str) -> Iterator[Token]:
    """Take an expression apart, without blanks and comments, up to and with its end."""
    for found in _TOKEN.finditer(source):
        if found.lastgroup != "blank":
            yield Token(found.lastgroup or "other", found[0], found.start(), found.end())
    yield Token("end", "", len(source), len(source))
