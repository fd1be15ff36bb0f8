"""What was looked up a moment ago is believed for a while."""

import asyncio

from leadflow.api.caching import Cache


class Source:
    """Answers with how often it has been asked."""

    def __init__(self):
        self.asked = 0

    async def load(self, key):
        self.asked += 1
        await asyncio.sleep(0)
        return f"{key} {self.asked}"


async def test_an_answer_is_believed_until_it_is_stale():
    source = Source()
    cache = Cache("test", source.load, fresh_s=60)
    assert [await cache.get("a"), await cache.get("a")] == ["a 1", "a 1"]
    stale = Cache("test", source.load, fresh_s=0)
    assert [await stale.get("a"), await stale.get("a")] == ["a 2", "a 3"]


async def test_of_many_who_miss_one_asks():
    source = Source()
    cache = Cache("test", source.load, fresh_s=60)
    assert set(await asyncio.gather(*(cache.get("a") for _ in range(20)))) == {"a 1"}


async def test_what_is_forgotten_is_asked_again():
    source = Source()
    cache = Cache("test", source.load, fresh_s=60)
    await cache.get("a")
    cache.forget("a")
    cache.forget("never seen")
    assert await cache.get("a") == "a 2"


async def test_it_keeps_no_more_than_it_may():
    source = Source()
    cache = Cache("test", source.load, fresh_s=60, most=2)
    for key in ("a", "b", "c"):
        await cache.get(key)
    assert await cache.get("c") == "c 3"
    assert await cache.get("a") == "a 4"
