"""Describe an exception without what it says: messages and variables hold people's data."""

from collections.abc import Iterator
from traceback import walk_tb
from types import TracebackType

from leadflow.errors import OutsideError, SetupError

MAX_PLACES = 25  # the innermost ones; a recursion has a thousand
MAX_CAUSES = 10


def described(error: BaseException) -> dict[str, str | list[str]]:
    """Say what kind of error it is, where it was raised and what it came from.

    Only errors about things rather than people are quoted: a setting, a host, the database.
    """
    chain = [error, *_causes(error)]
    places = _places(error.__traceback__)
    facts: dict[str, str | list[str]] = {"error_type": _class(error)}
    if isinstance(error, SetupError | OutsideError):
        facts["error_message"] = error.message
    if places:
        facts["error_at"] = places
    if len(chain) > 1:
        facts["error_causes"] = [_short(cause) for cause in chain[1 : MAX_CAUSES + 1]]
    for field, attribute in (("error_code", "sqlstate"), ("error_constraint", "constraint_name")):
        said = (getattr(each, attribute, None) for each in chain)
        if found := next(filter(None, said), None):
            facts[field] = str(found)
    return facts


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk through what an error was raised from, and what a group gathers, each once."""
    seen = {id(error)}
    ahead = [error]
    while ahead:
        here = ahead.pop()
        gathered = here.exceptions if isinstance(here, BaseExceptionGroup) else ()
        before = here.__cause__ or (None if here.__suppress_context__ else here.__context__)
        for cause in (*gathered, before):
            if cause is not None and id(cause) not in seen:
                seen.add(id(cause))
                ahead.append(cause)
                yield cause


def _short(error: BaseException) -> str:
    return ":".join([_class(error), *_places(error.__traceback__)[-1:]])


def _class(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    return name.removeprefix("builtins.")


def _places(traceback: TracebackType | None) -> list[str]:
    """List where an error came by, the outermost first: `module.function:line`."""
    return [
        f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_qualname}:{line}"
        for frame, line in walk_tb(traceback)
    ][-MAX_PLACES:]
