"""Reviews: leads that a person has to look at."""

import pytest

from tests.api.conftest import error, fields, made
from tests.world import person


async def test_a_review_is_closed_once(api, world):
    made(await api.post("/api/v1/leads", json=person(1)))
    [review] = made(await api.get("/api/v1/reviews?open=true"), 200)["items"]
    path = f"/api/v1/reviews/{review['id']}"
    assert made(await api.get(path), 200) == review
    closed = made(await api.post(f"{path}/close", json={"resolution": "called"}), 200)
    assert (closed["resolution"], bool(closed["closed_at"])) == ("called", True)
    error(await api.post(f"{path}/close", json={"resolution": "again"}), 409, "conflict")
    assert made(await api.get("/api/v1/reviews?open=true"), 200)["items"] == []
    assert made(await api.get("/api/v1/reviews?open=false"), 200)["items"] == [closed]
    assert await world.count("audit_log WHERE action = 'review.closed'") == 1


async def test_another_workspace_s_review_is_not_there(api, partner):
    made(await api.post("/api/v1/leads", json=person(1)))
    [review] = made(await api.get("/api/v1/reviews"), 200)["items"]
    path = f"/api/v1/reviews/{review['id']}"
    assert made(await partner.get("/api/v1/reviews"), 200)["items"] == []
    assert error(await partner.get(path), 404, "not_found")["message"] == "Review not found"
    error(await partner.post(f"{path}/close", json={"resolution": "x"}), 404, "not_found")
    error(await partner.get("/api/v1/reviews/x"), 404, "not_found")


@pytest.mark.parametrize(
    "body", [{}, {"resolution": ""}, {"resolution": 7}, {"resolution": "x" * 201}]
)
async def test_a_review_is_closed_with_a_word(api, body):
    made(await api.post("/api/v1/leads", json=person(1)))
    [review] = made(await api.get("/api/v1/reviews"), 200)["items"]
    response = await api.post(f"/api/v1/reviews/{review['id']}/close", json=body)
    assert fields(error(response, 400, "invalid")) == ["resolution"]
