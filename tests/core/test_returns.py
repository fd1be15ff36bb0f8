"""Who is not asked again for a lead that came back."""

import pytest

from leadflow.core.returns import passed_over
from tests.core.builders import uid

PLACE, ANN = uid(10), uid(50)


@pytest.mark.parametrize(
    ("reason", "destination", "agent", "arrived", "who"),
    [
        ("declined", PLACE, ANN, True, ANN),
        ("declined", PLACE, ANN, False, ANN),
        ("declined", PLACE, None, True, PLACE),
        ("declined", None, ANN, False, ANN),  # with an agent by hand
        ("late", PLACE, ANN, True, ANN),
        ("late", PLACE, ANN, False, PLACE),  # the agent never heard of it
        ("late", PLACE, None, True, PLACE),
        ("late", None, ANN, False, ANN),
        ("refused", PLACE, ANN, False, PLACE),
        ("refused", PLACE, None, False, PLACE),
    ],
)
def test_whoever_the_lead_reached_answers_for_it(reason, destination, agent, arrived, who):
    assert passed_over(reason, destination, agent, arrived=arrived) == who


def test_a_lead_that_its_source_keeps_has_nobody_to_come_back_from():
    with pytest.raises(ValueError, match="its source keeps"):
        passed_over("late", None, None, arrived=False)
