"""What free answers in forms mean: how soon, how big, how keen."""

import re
from functools import lru_cache

LATER = 365  # days: for those who say that they are not buying now

_DAYS_OF = {"hour": 0, "day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365} | {
    "hr": 0,
    "wk": 7,
    "mo": 30,
    "mth": 30,
    "qtr": 90,
    "yr": 365,
}
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "couple": 2, "three": 3, "few": 3, "six": 6}
_COUNT = rf"\d{{1,4}}|{'|'.join(_COUNTS)}"
_SPAN = re.compile(
    rf"\b(?P<low>{_COUNT})(?: ?(?:-|to|or) ?(?P<high>{_COUNT}))?(?: of)? ?(?P<plus>\+)? ?"
    rf"(?P<unit>{'|'.join(_DAYS_OF)})s?\b(?P<more>\+| or more| plus)?"
)
_BEYOND = re.compile(r"\b(?:over|after|beyond|more than|at least|longer than)\b|>")

# The first that is found counts: "not right now" is no "now".
_MOMENTS = tuple(
    (re.compile(rf"\b(?:{words})\b"), days)
    for words, days in (
        (r"not (?:now|right now|yet|soon|urgent|immediate(?:ly)?|in a hurry)", LATER),
        (r"no (?:rush|hurry)|some ?day|looking|browsing|researching", LATER),
        (r"now|today|asap|as soon as possible|right away|immediate(?:ly)?|urgent(?:ly)?", 0),
        (r"tomorrow", 1),
        (r"(?:this|current) week", 7),
        (r"next week", 14),
        (r"(?:this|current) month", 30),
        (r"next month", 60),
        (r"(?:this|current) quarter", 90),
        (r"next quarter", 180),
        (r"(?:this|current) year", 365),
        (r"next year", 730),
    )
)

_FACTOR = {
    **dict.fromkeys(("k", "thousand"), 1e3),
    **dict.fromkeys(("m", "mm", "mn", "mio", "million"), 1e6),
    **dict.fromkeys(("b", "bn", "billion"), 1e9),
}
_AMOUNT = re.compile(rf"(\d{{1,15}}(?:\.\d{{1,4}})?) ?({'|'.join(_FACTOR)})?\b")
_UP_TO = re.compile(r"<|\b(?:under|below|less than|fewer than|up to)\b")

_SHARE = re.compile(r"(\d{1,3}) ?(?:/|out of) ?(\d{1,3})|(\d{1,3}) ?%")
_DEGREES = tuple(
    (re.compile(rf"\b(?:{words})\b"), degree)
    for words, degree in (
        (r"no|none|not|low|little|cold|weak|looking|browsing", 0.1),
        (r"medium|moderate(?:ly)?|mid|warm|some|somewhat|average|mild(?:ly)?", 0.5),
        (r"high|highly|hot|strong(?:ly)?|very|extreme(?:ly)?|ready|eager|urgent", 0.9),
        (r"interested|yes", 0.5),
    )
)


@lru_cache(maxsize=4096)  # forms offer few answers
def days_until(answer: str) -> int | None:
    """Read the latest day, counted from today, on which a person means to have bought.

    An open end (`6+ months`, `over a year`) is one day beyond its start. None when the answer says
    nothing about time.
    """
    text = _plain(answer)
    for moment, days in _MOMENTS:
        if moment.search(text):
            return days
    span = _SPAN.search(text)
    if span is None:
        return None
    days = _count(span["high"] or span["low"]) * _DAYS_OF[span["unit"]]
    return days + 1 if span["plus"] or span["more"] or _BEYOND.search(text) else days


@lru_cache(maxsize=4096)
def at_least(band: str) -> float | None:
    """Read the number that a band begins with: `51-200`, `$1M-$5M`, `10,000+`, `under 10`.

    In `1-5M` the letter counts for both ends. None when there is no number in it.
    """
    text = _plain(band).replace(",", "")
    amounts = _AMOUNT.findall(text)
    if not amounts:
        return None
    if _UP_TO.search(text):
        return 0.0
    number, factor = amounts[0]
    return float(number) * _FACTOR.get(factor or amounts[-1][1], 1.0)


@lru_cache(maxsize=4096)
def interest(answer: str) -> float | None:
    """Read how keen a person is, from 0 to 1: `very high`, `8/10`, `60%`, `just browsing`.

    A number alone is not read: 5 is much on one scale and little on another.
    """
    text = _plain(answer)
    if share := _SHARE.search(text):
        part, whole = int(share[1] or share[3]), int(share[2] or 100)
        return part / whole if part <= whole and whole else None
    for words, degree in _DEGREES:
        if words.search(text):
            return degree
    return None


def _plain(answer: str) -> str:
    return " ".join(answer.casefold().replace("\N{EN DASH}", "-").split())


def _count(word: str) -> int:
    return _COUNTS[word] if word in _COUNTS else int(word)
