"""The sales funnel: what may be said after what."""

from itertools import product
from typing import get_args

import pytest

from leadflow.core.outcomes import CLOSING, SalesOutcome, may_follow

OUTCOMES = get_args(SalesOutcome)


@pytest.mark.parametrize(("present", "said"), list(product((None, *OUTCOMES), OUTCOMES)))
def test_whatever_is_said_stands_until_it_is_over(present, said):
    assert may_follow(present, said) is (present not in CLOSING or present == said)


def test_to_be_converted_or_lost_is_the_end():
    assert set(OUTCOMES) - CLOSING == {"contacted", "qualified"}
