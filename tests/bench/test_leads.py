"""Leads that a benchmark sends: each is taken, and each is of another person."""

import msgspec
import pytest

from leadflow.bench.leads import AREAS, LINES, NUMBER, PHONE, People, body, phone_of, templates
from leadflow.core.normalise.phone import Phone, phone

LAST = LINES * len(AREAS) - 1


@pytest.mark.parametrize("number", [0, 3, LINES - 1, LINES, LAST])
def test_every_number_has_a_telephone(number):
    assert phone(str(phone_of(number)), "US") == Phone(f"+1{phone_of(number)}", verified=True)


def test_two_people_have_nothing_in_common():
    first, second = (msgspec.json.decode(body(number))["contact_info"] for number in (7, 11))
    assert all(first[name] != second[name] for name in ("email", "phone", "lastName"))


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4_711, LAST])
def test_a_generator_that_fills_in_templates_sends_the_same(number):
    template = templates()[number % len(templates())]
    filled = template.replace(NUMBER, str(number)).replace(PHONE, str(phone_of(number)))
    assert filled.encode() == body(number)


def test_nobody_is_sent_twice():
    people = People()
    sent = [*people.leads(3), body(people.set_aside(2)), *people.leads(3)]
    assert len(set(sent)) == len(sent)


def test_there_is_an_end_of_telephone_numbers():
    people = People()
    people.set_aside(LAST + 1)
    with pytest.raises(ValueError, match="telephone numbers"):
        people.leads(1)


def test_the_template_for_wrk_is_one_line():
    assert not [each for each in templates() if "\n" in each]
