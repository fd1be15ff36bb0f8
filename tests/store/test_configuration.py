"""The set-up: workspaces and what belongs to them, written, read, held and listed."""

import asyncio
from datetime import time, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from leadflow.core.schedule import Leave, Opening, WeeklyHours
from leadflow.errors import ConflictError
from leadflow.store import agents, clients, destinations, rulebooks, sources, workspaces
from leadflow.store.agents import Agent
from leadflow.store.clients import SCOPES, SHOWN, Client
from leadflow.store.configuration import DirectoryCache
from leadflow.store.destinations import DestinationEntry, NamedDestination
from leadflow.store.ids import new_id
from leadflow.store.rulebooks import RulebookEntry, RulebookVersion
from leadflow.store.sources import SourceEntry
from leadflow.store.workspaces import Workspace
from tests.world import NOW

LATER = NOW + timedelta(hours=1)
MORNINGS = WeeklyHours("America/Denver", (Opening(0, time(8), time(12)),))


def workspace(slug="acme", **changes):
    fields = {
        "id": new_id(),
        "slug": slug,
        "name": slug.title(),
        "kind": "partner",
        "time_zone": "America/Denver",
        "duplicate_window": timedelta(days=30),
        "rulebook_version": 0,
        "active": True,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Workspace(**fields | changes)


def source(owner, name="quotes", **changes):
    fields = {
        "id": new_id(),
        "workspace_id": owner.id,
        "channel": "api",
        "name": name,
        "reliability": 0.7,
        "active": True,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return SourceEntry(**fields | changes)


def agent(owner, name="Ann", **changes):
    fields = {
        "id": new_id(),
        "workspace_id": owner.id,
        "name": name,
        "email": "ann@acme.example",
        "active": True,
        "licensed_states": ("CA", "NV"),
        "specialties": ("AUTO",),
        "city": "Reno",
        "state": "NV",
        "rating": 4.3,
        "conversion_rate": 0.1,
        "capacity": 7,
        "hours": MORNINGS,
        "leave": (Leave(NOW, LATER),),
        "teams": ("night",),
        "weight": 3,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Agent(**fields | changes)


def destination(owner, name="web", **changes):
    fields = {
        "id": new_id(),
        "workspace_id": owner.id,
        "name": name,
        "kind": "webhook",
        "url": "https://acme.example/leads",
        "active": True,
        "hours": MORNINGS,
        "filter": {"if": {"score": {"min": 40}}},
        "caps": {"day": 20, "total": 1000},
        "spend_caps": {"month": 500_000},
        "weight": 3,
        "price_minor": 2500,
        "currency": "EUR",
        "max_owners": 3,
        "assigns_agents": True,
        "agent_choice": "rotation",
        "accept_within_minutes": 45,
        "pause_after_errors": 5,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return DestinationEntry(**fields | changes)


def client(owner=None, name="crm", **changes):
    fields = {
        "id": new_id(),
        "name": name,
        "prefix": "lf_abcdefgh",
        "scopes": frozenset({"leads:read", "route"}),
        "workspace_id": None if owner is None else owner.id,
        "rate_limit": None,
        "created_at": NOW,
        "expires_at": LATER,
        "revoked_at": None,
    }
    return Client(**fields | changes)


@pytest.fixture
async def connection(database):
    async with database.service() as connection:
        yield connection


@pytest.fixture
async def acme(connection):
    acme = workspace()
    await workspaces.insert(connection, acme)
    return acme


async def put_destination(connection, entry, secret=b"sealed"):
    await destinations.insert(connection, entry, secret)


# What all of them have in common. `make` needs an owner; `bare` leaves out what may be left out.
KINDS: dict[str, Any] = {
    "source": (sources, source, sources.insert, {}),
    "agent": (
        agents,
        agent,
        agents.insert,
        {
            "email": None,
            "licensed_states": (),
            "specialties": (),
            "city": None,
            "state": None,
            "rating": None,
            "conversion_rate": None,
            "hours": None,
        },
    ),
    "destination": (
        destinations,
        destination,
        put_destination,
        {"hours": None, "filter": None, "caps": {}},
    ),
}
CHANGES: dict[str, dict[str, Any]] = {
    "source": {"name": "other", "reliability": 0.1, "active": False, "updated_at": LATER},
    "agent": {
        "name": "Bob",
        "email": None,
        "active": False,
        "licensed_states": (),
        "specialties": ("HOME", "LIFE"),
        "city": None,
        "state": None,
        "rating": None,
        "conversion_rate": 1.0,
        "capacity": 0,
        "hours": None,
        "leave": (),
        "teams": (),
        "weight": 1,
        "updated_at": LATER,
    },
    "destination": {
        "url": "https://acme.example/other",
        "active": False,
        "hours": None,
        "filter": None,
        "caps": {"hour": 1},
        "spend_caps": {},
        "weight": 1,
        "price_minor": 0,
        "currency": "USD",
        "max_owners": 1,
        "assigns_agents": False,
        "agent_choice": "rank",
        "accept_within_minutes": None,
        "pause_after_errors": None,
        "updated_at": LATER,
    },
}
each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
async def test_what_was_written_is_read(connection, acme, kind):
    table, make, insert, bare = KINDS[kind]
    for entry in (make(acme), make(acme, "bare", **bare)):
        await insert(connection, entry)
        assert await table.by_id(connection, entry.id) == entry
        assert await table.hold(connection, entry.id) == entry


@each_kind
async def test_what_is_not_there_is_none(connection, kind):
    table, *_ = KINDS[kind]
    assert await table.by_id(connection, new_id()) is None
    assert await table.hold(connection, new_id()) is None


@each_kind
async def test_a_change_replaces_all_that_its_owner_may_change(connection, acme, kind):
    table, make, insert, _ = KINDS[kind]
    entry = make(acme)
    await insert(connection, entry)
    changed = replace(entry, **CHANGES[kind])
    await table.update(connection, changed)
    assert await table.by_id(connection, entry.id) == changed


@each_kind
async def test_a_name_that_is_taken_is_a_conflict_in_words(database, acme_kept, kind):
    _, make, insert, _ = KINDS[kind]
    async with database.service() as connection:
        await insert(connection, make(acme_kept, "Taken"))
    with pytest.raises(ConflictError, match=rf"There is already an? {kind} (named )?Taken"):
        async with database.service() as connection:
            await insert(connection, make(acme_kept, "Taken"))


@pytest.fixture
async def acme_kept(database):
    acme = workspace()
    async with database.service() as connection:
        await workspaces.insert(connection, acme)
    return acme


@pytest.mark.parametrize("kind", ["source", "agent"])
async def test_a_change_to_a_name_that_is_taken_is_a_conflict(database, acme_kept, kind):
    table, make, insert, _ = KINDS[kind]
    second = make(acme_kept, "second")
    async with database.service() as connection:
        await insert(connection, make(acme_kept, "first"))
        await insert(connection, second)
    with pytest.raises(ConflictError, match="There is already"):
        async with database.service() as connection:
            await table.update(connection, replace(second, name="first"))


@each_kind
async def test_another_workspace_may_use_the_same_name(connection, acme, kind):
    _, make, insert, _ = KINDS[kind]
    other = workspace("other")
    await workspaces.insert(connection, other)
    for owner in (acme, other):
        await insert(connection, make(owner, "same"))


@each_kind
async def test_a_list_goes_on_behind_the_last_one_seen(connection, acme, kind):
    table, make, insert, _ = KINDS[kind]
    other = workspace("other")
    await workspaces.insert(connection, other)
    entries = [make(acme, f"n{n}") for n in range(5)]
    foreign = make(other, "foreign")
    for entry in (*entries, foreign):
        await insert(connection, entry)
    first = await table.page(connection, acme.id, None, 2)
    rest = await table.page(connection, acme.id, first[-1].id, 99)
    assert [*first, *rest] == entries
    everybody = await table.page(connection, None, None, 99)
    assert {entry.id for entry in everybody} == {entry.id for entry in (*entries, foreign)}


@each_kind
async def test_who_holds_a_row_is_waited_for(database, acme_kept, kind):
    table, make, insert, _ = KINDS[kind]
    entry = make(acme_kept)
    async with database.service() as connection:
        await insert(connection, entry)
    async with database.service() as holder:
        await table.hold(holder, entry.id)
        waiting = asyncio.create_task(held(database, table, entry.id))
        changed = replace(entry, active=False, updated_at=LATER)
        await table.update(holder, changed)
        assert not waiting.done()
    assert await waiting == changed


async def held(database, table, id_):
    async with database.service() as connection:
        return await table.hold(connection, id_)


# Workspaces.


async def test_a_workspace_is_found_by_id_and_by_slug(connection, acme):
    assert await workspaces.by_id(connection, acme.id) == acme
    assert await workspaces.hold(connection, acme.id) == acme
    assert await workspaces.by_slug(connection, "acme") == acme
    assert await workspaces.by_slug(connection, "Acme") is None
    assert await workspaces.by_id(connection, new_id()) is None


async def test_a_workspace_keeps_its_slug_when_it_changes(connection, acme):
    changed = replace(
        acme,
        name="Acme & Sons",
        kind="dealership",
        time_zone="UTC",
        duplicate_window=timedelta(hours=36),
        active=False,
        updated_at=LATER,
    )
    await workspaces.update(connection, replace(changed, slug="other"))
    assert await workspaces.by_id(connection, acme.id) == changed


async def test_a_slug_that_is_taken_is_a_conflict_in_words(database, acme_kept):
    with pytest.raises(ConflictError, match="There is already a workspace with the slug acme"):
        async with database.service() as connection:
            await workspaces.insert(connection, workspace())


async def test_workspaces_are_listed_oldest_first(connection, acme):
    others = [workspace(f"w{n}") for n in range(3)]
    for other in others:
        await workspaces.insert(connection, other)
    assert await workspaces.page(connection, None, 2) == [acme, others[0]]
    assert await workspaces.page(connection, others[0].id, 9) == others[1:]


async def test_slugs_are_given_for_whom_the_asker_may_see(database, acme_kept):
    other = workspace("other")
    async with database.service() as connection:
        await workspaces.insert(connection, other)
        ids = [acme_kept.id, other.id, new_id()]
        every = await workspaces.slugs(connection, ids)
    assert every == {acme_kept.id: "acme", other.id: "other"}
    async with database.tenant(other.id) as connection:
        assert await workspaces.slugs(connection, ids) == {other.id: "other"}


# Sources.


async def test_a_new_workspace_has_a_source_for_each_channel(connection, acme):
    made = sources.defaults(acme.id, NOW)
    for entry in made:
        await sources.insert(connection, entry)
    assert {entry.channel for entry in made} == {
        *("api", "batch", "webhook", "email_adf", "scrape", "manual")
    }
    found = await sources.of_channel(connection, acme.id, "batch")
    assert list(found) == [sources.DEFAULT]
    assert found["default"].source.reliability == 0.5


async def test_one_name_may_stand_in_two_channels(connection, acme):
    for channel in ("api", "batch"):
        await sources.insert(connection, source(acme, channel=channel))


async def test_what_travels_with_a_lead_is_the_source_s_identity(acme):
    entry = source(acme)
    travels = entry.source
    assert (travels.id, travels.workspace_id) == (entry.id, acme.id)
    assert (travels.channel, travels.name, travels.reliability) == ("api", "quotes", 0.7)


# Agents.


async def test_agents_are_found_together_as_far_as_the_asker_may_see_them(database, acme_kept):
    other = workspace("other")
    ann, zoe = agent(acme_kept), agent(other, "Zoe")
    async with database.service() as connection:
        await workspaces.insert(connection, other)
        for each in (ann, zoe):
            await agents.insert(connection, each)
        assert await agents.by_ids(connection, [ann.id, zoe.id, new_id()]) == {
            ann.id: ann,
            zoe.id: zoe,
        }
    async with database.tenant(other.id) as connection:
        assert await agents.by_ids(connection, [ann.id, zoe.id]) == {zoe.id: zoe}


@pytest.mark.parametrize(
    ("active", "names"), [(True, ["Ann"]), (False, ["Bob"]), (None, ["Ann", "Bob"])]
)
async def test_agents_are_listed_by_whether_they_work(connection, acme, active, names):
    await agents.insert(connection, agent(acme))
    await agents.insert(connection, agent(acme, "Bob", active=False))
    listed = await agents.page(connection, acme.id, None, 9, active=active)
    assert [each.name for each in listed] == names


# Destinations.


async def test_a_secret_is_written_and_replaced_and_never_listed(connection, acme):
    entry = destination(acme)
    await destinations.insert(connection, entry, b"first")
    await destinations.replace_secret(connection, entry.id, b"second", LATER)
    assert await connection.fetchval("SELECT secret FROM destinations") == b"second"
    assert await destinations.by_id(connection, entry.id) == replace(entry, updated_at=LATER)


async def test_a_destination_keeps_its_name_and_kind(connection, acme):
    entry = destination(acme)
    await destinations.insert(connection, entry, b"")
    await destinations.update(connection, replace(entry, name="other"))
    assert await destinations.by_id(connection, entry.id) == entry


async def test_rules_call_destinations_by_slug_and_name(connection, acme):
    entry = destination(acme)
    await destinations.insert(connection, entry, b"")
    assert await destinations.named(connection) == [NamedDestination(entry.id, "acme/web", acme.id)]


# Clients.


async def test_a_key_is_kept_as_a_digest_and_found_by_it(connection):
    key = clients.new_key()
    holder = client(prefix=key[:SHOWN])
    await clients.insert(connection, holder, key)
    assert await clients.by_digest(connection, clients.digest_of(key)) == holder
    assert await clients.by_digest(connection, clients.digest_of(clients.new_key())) is None
    row = await connection.fetchrow("SELECT * FROM api_clients")
    assert key not in str(dict(row))
    assert len(clients.digest_of(key)) == 32


def test_keys_are_long_and_never_twice_the_same():
    keys = {clients.new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(key.startswith("lf_") and len(key) >= 43 for key in keys)


async def test_a_key_of_a_workspace_that_is_not_active_opens_nothing(connection, acme):
    key = clients.new_key()
    await clients.insert(connection, client(acme), key)
    await workspaces.update(connection, replace(acme, active=False))
    assert await clients.by_digest(connection, clients.digest_of(key)) is None


async def test_a_client_is_changed_and_keeps_its_key_and_its_workspace(connection, acme):
    key = clients.new_key()
    holder = client(acme)
    await clients.insert(connection, holder, key)
    changed = replace(holder, name="new", scopes=frozenset(SCOPES), rate_limit=0, expires_at=None)
    await clients.update(connection, replace(changed, workspace_id=None))
    assert await clients.by_digest(connection, clients.digest_of(key)) == changed
    assert await clients.hold(connection, holder.id, acme.id) == changed


async def test_a_key_is_ended_once_and_for_good(connection):
    holder = client()
    await clients.insert(connection, holder, clients.new_key())
    await clients.revoke(connection, holder.id, NOW)
    await clients.revoke(connection, holder.id, LATER)
    found = await clients.by_id(connection, holder.id, None)
    assert found is not None
    assert found.revoked_at == NOW
    assert not found.valid(NOW)


@pytest.mark.parametrize(
    ("changes", "valid"),
    [
        ({}, True),
        ({"expires_at": None}, True),
        ({"expires_at": NOW}, False),
        ({"expires_at": NOW + timedelta(microseconds=1)}, True),
        ({"expires_at": None, "revoked_at": LATER}, False),
    ],
)
def test_a_key_opens_until_it_expires_or_is_revoked(changes, valid):
    assert client(**changes).valid(NOW) is valid


async def test_a_workspace_s_administrator_sees_its_clients_and_an_operator_all(connection, acme):
    mine, operators = client(acme), client()
    for holder in (mine, operators):
        await clients.insert(connection, holder, clients.new_key())
    assert await clients.by_id(connection, operators.id, acme.id) is None
    assert await clients.hold(connection, operators.id, acme.id) is None
    assert await clients.by_id(connection, operators.id, None) == operators
    assert await clients.page(connection, acme.id, None, 9) == [mine]
    assert await clients.page(connection, None, mine.id, 9) == [operators]


# Rulebooks.


def entry(owner, version, rules=()):
    document = {"default": "review", "rules": [dict(rule) for rule in rules]}
    return RulebookEntry(
        workspace_id=owner.id,
        version=version,
        document=document,
        created_at=NOW + timedelta(minutes=version),
        created_by="key:test",
    )


async def test_the_version_put_in_force_is_the_one_that_counts(connection, acme):
    assert await rulebooks.lock(connection, acme.id) == 0
    assert await rulebooks.in_force(connection, acme.id) is None
    first, second = entry(acme, 1), entry(acme, 2, [{"name": "a"}, {"name": "b"}])
    for book in (first, second):
        await rulebooks.put_in_force(connection, book)
    assert await rulebooks.lock(connection, acme.id) == 2
    assert await rulebooks.in_force(connection, acme.id) == second
    assert await rulebooks.version(connection, acme.id, 1) == first
    assert await rulebooks.version(connection, acme.id, 3) is None
    assert await rulebooks.versions(connection, acme.id, None, 9) == [
        RulebookVersion(
            version=2, created_at=second.created_at, created_by="key:test", in_force=True, rules=2
        ),
        RulebookVersion(
            version=1, created_at=first.created_at, created_by="key:test", in_force=False, rules=0
        ),
    ]
    assert [each.version for each in await rulebooks.versions(connection, acme.id, 2, 9)] == [1]


async def test_rules_of_nobody_have_no_lock(connection):
    assert await rulebooks.lock(connection, new_id()) is None


async def test_two_changes_of_one_workspace_s_rules_take_turns(database, acme_kept):
    async def change():
        async with database.service() as connection:
            version = await rulebooks.lock(connection, acme_kept.id)
            assert version is not None
            await rulebooks.put_in_force(connection, entry(acme_kept, version + 1))

    await asyncio.gather(*(change() for _ in range(4)))
    async with database.service() as connection:
        versions = await rulebooks.versions(connection, acme_kept.id, None, 9)
    assert [(each.version, each.in_force) for each in versions] == [
        *((4, True), (3, False), (2, False), (1, False))
    ]


# The directory, which the walk keeps in memory.


async def test_the_directory_is_read_again_when_something_has_changed(database, acme_kept):
    cache = DirectoryCache()
    web = destination(acme_kept)
    async with database.service() as connection:
        await destinations.insert(connection, web, b"")
        await agents.insert(connection, agent(acme_kept))
    async with database.service() as connection:
        first = await cache.current(connection)
        assert await cache.current(connection) is first
    at_rest = first.destinations[web.id].at_rest
    assert (at_rest.name, at_rest.hours, at_rest.weight) == ("acme/web", MORNINGS, 3)
    assert at_rest.time_zone == "America/Denver"
    assert first.agent(first.agents[acme_kept.id][0].id).capacity == 7

    async with database.service() as connection:
        await destinations.update(connection, replace(web, active=False))
    async with database.service() as connection:
        second = await cache.current(connection)
    assert second.version > first.version
    assert not second.destinations[web.id].at_rest.active


async def test_a_destination_of_a_workspace_that_is_not_active_gets_nothing(database, acme_kept):
    web = destination(acme_kept)
    async with database.service() as connection:
        await destinations.insert(connection, web, b"")
        await workspaces.update(connection, replace(acme_kept, active=False))
        directory = await DirectoryCache().current(connection)
    assert not directory.destinations[web.id].at_rest.active


async def test_rules_that_cannot_be_read_send_their_own_leads_to_a_person(database, acme_kept):
    other = workspace("other")
    async with database.service() as connection:
        await workspaces.insert(connection, other)
        await rulebooks.put_in_force(connection, entry(acme_kept, 1, [{"nonsense": True}]))
        await rulebooks.put_in_force(connection, entry(other, 1))
        directory = await DirectoryCache().current(connection)
    broken = directory.workspaces[acme_kept.id].rulebook
    assert (broken.rules, broken.default) == ((), "review")
    assert directory.workspaces[other.id].rulebook.version == 1
