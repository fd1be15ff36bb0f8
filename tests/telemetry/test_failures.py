"""Exceptions, told without what they say."""

import asyncio

import asyncpg
import pytest

from leadflow.errors import InputError, PermanentError, SetupError, TemporaryError
from leadflow.telemetry.failures import MAX_CAUSES, MAX_PLACES, described

HERE = __name__


def raised(error):
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


def test_a_class_is_named_with_its_module_and_a_built_in_without():
    assert described(KeyError("Alice"))["error_type"] == "KeyError"
    assert described(InputError("Alice"))["error_type"] == "leadflow.errors.InputError"


def test_places_are_named_from_the_outermost_in():
    with pytest.raises(ZeroDivisionError) as caught:
        raised_by(0)
    places = described(caught.value)["error_at"]
    assert [place.rpartition(":")[0] for place in places] == [
        f"{HERE}.test_places_are_named_from_the_outermost_in",
        f"{HERE}.raised_by",
    ]


def raised_by(number):
    return 1 / number


def test_of_a_recursion_the_end_is_told():
    def again():
        again()

    with pytest.raises(RecursionError) as caught:
        again()
    assert len(described(caught.value)["error_at"]) == MAX_PLACES


def test_an_error_that_was_not_raised_has_no_place():
    assert "error_at" not in described(ValueError())


@pytest.mark.parametrize("kind", [SetupError, TemporaryError, PermanentError])
def test_an_error_about_a_thing_is_quoted(kind):
    assert described(kind("PORT is 0"))["error_message"] == "PORT is 0"


@pytest.mark.parametrize("kind", [InputError, ValueError, OSError, asyncpg.DataError])
def test_an_error_that_may_hold_what_people_sent_is_not(kind):
    assert "Alice" not in str(described(raised(kind('"Alice" is not a number'))))


def test_what_an_error_came_from_is_named_with_its_place():
    error = TemporaryError("the database is away")
    error.__cause__ = raised(ConnectionError("Alice"))
    causes = described(error)["error_causes"]
    assert len(causes) == 1
    assert causes[0].startswith(f"ConnectionError:{HERE}.raised:")


def test_what_was_being_handled_counts_unless_it_was_denied():
    error = ValueError()
    error.__context__ = raised(KeyError("Alice"))
    assert described(error)["error_causes"][0].startswith("KeyError:")
    error.__suppress_context__ = True  # as `raise ... from None` does
    assert "error_causes" not in described(error)


async def test_all_errors_of_a_group_are_named():
    async def fail(error):
        raise error

    async def fail_twice():
        async with asyncio.TaskGroup() as group:
            group.create_task(fail(KeyError("Alice")))
            group.create_task(fail(ValueError("Alice")))

    with pytest.raises(ExceptionGroup) as caught:
        await fail_twice()
    causes = described(caught.value)["error_causes"]
    assert {cause.partition(":")[0] for cause in causes} == {"KeyError", "ValueError"}


def test_a_circle_of_causes_ends():
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert described(first)["error_causes"] == ["KeyError"]


def test_not_more_causes_are_told_than_anyone_reads():
    group = ExceptionGroup("many", [ValueError() for _ in range(100)])
    assert len(described(group)["error_causes"]) == MAX_CAUSES


def test_the_databases_code_and_constraint_are_told_of_whatever_it_led_to():
    refused = asyncpg.UniqueViolationError("Key (email)=(alice@example.com) already exists.")
    refused.constraint_name = "submission_keys_pkey"
    error = PermanentError("the database refuses this lead")
    error.__cause__ = refused
    facts = described(error)
    assert (facts["error_code"], facts["error_constraint"]) == ("23505", "submission_keys_pkey")
    assert "alice" not in str(facts)
