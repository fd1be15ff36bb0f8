"""Personal data at rest: it opens in its own row, under a key we have, and nowhere else."""

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import SetupError
from leadflow.store.seal import KEY_BYTES, NONCE_BYTES, Vault, key_id, new_key, read_keys

LEAD, OTHER = UUID(int=1), UUID(int=2)
OLD, NEW = bytes(KEY_BYTES), bytes(range(KEY_BYTES))

leads = st.uuids()
plaintexts = st.binary(max_size=200)
keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)


def encoded(key):
    return base64.urlsafe_b64encode(key).decode()


@given(keys, leads, plaintexts)
def test_what_is_sealed_opens_again(key, lead, plaintext):
    vault = Vault([key])
    assert vault.unseal(lead, *vault.seal(lead, plaintext)) == plaintext
    assert vault.unseal_text(lead, vault.seal_text(lead, plaintext)) == plaintext


@given(leads, leads, plaintexts)
def test_a_blob_moved_to_another_row_does_not_open(lead, other, plaintext):
    vault = Vault([NEW])
    under, sealed = vault.seal(lead, plaintext)
    if lead == other:
        return
    with pytest.raises(SetupError, match=f"{other} does not open"):
        vault.unseal(other, under, sealed)


@given(plaintexts, st.data())
def test_a_blob_that_was_altered_anywhere_does_not_open(plaintext, data):
    vault = Vault([NEW])
    under, sealed = vault.seal(LEAD, plaintext)
    place = data.draw(st.integers(0, len(sealed) - 1))
    bit = data.draw(st.integers(0, 7))
    altered = bytearray(sealed)
    altered[place] ^= 1 << bit
    with pytest.raises(SetupError, match="does not open: it was altered"):
        vault.unseal(LEAD, under, bytes(altered))


@pytest.mark.parametrize("length", [0, 1, NONCE_BYTES - 1, NONCE_BYTES, NONCE_BYTES + 15])
def test_a_blob_that_was_cut_short_does_not_open(length):
    vault = Vault([NEW])
    under, sealed = vault.seal(LEAD, b"")
    with pytest.raises(SetupError, match="does not open"):
        vault.unseal(LEAD, under, sealed[:length])


@pytest.mark.parametrize("blob", [b"", b"\0", key_id(NEW).to_bytes(2, "big")])
def test_a_blob_without_its_key_s_id_does_not_open(blob):
    with pytest.raises(SetupError):
        Vault([NEW]).unseal_text(LEAD, blob)


def test_equal_plaintexts_are_sealed_differently():
    vault = Vault([NEW])
    assert len({vault.seal(LEAD, b"same")[1] for _ in range(100)}) == 100


def test_nothing_of_the_plaintext_is_in_the_blob():
    _, sealed = Vault([NEW]).seal(LEAD, b"zeb@wheelwright.example")
    assert b"wheelwright" not in sealed


# Rotation.


def test_what_an_old_key_sealed_still_opens_and_the_new_one_seals_from_now_on():
    under, sealed = Vault([OLD]).seal(LEAD, b"before")
    rotated = Vault([NEW, OLD])
    assert rotated.unseal(LEAD, under, sealed) == b"before"
    assert rotated.seal(LEAD, b"after")[0] == key_id(NEW)


def test_without_its_key_it_stays_shut_and_says_which_one_is_missing():
    under, sealed = Vault([OLD]).seal(LEAD, b"x")
    with pytest.raises(SetupError, match=f"sealed under key {under}, which ENCRYPTION_KEY lacks"):
        Vault([NEW]).unseal(LEAD, under, sealed)


@given(keys)
def test_a_key_s_id_fits_its_column(key):
    assert 0 <= key_id(key) < 2**15


# ENCRYPTION_KEY.


def test_a_new_key_is_one_that_can_be_read():
    [key] = read_keys(new_key())
    assert len(key) == KEY_BYTES
    assert read_keys(new_key()) != (key,)


@given(keys)
def test_a_key_is_read_in_either_base64(key):
    assert read_keys(base64.b64encode(key).decode()) == (key,)
    assert read_keys(encoded(key)) == (key,)


def test_keys_stand_in_their_order_with_room_around_them():
    assert read_keys(f" {encoded(NEW)} , {encoded(OLD)}\n") == (NEW, OLD)


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ("", 1),
        ("secret", 1),
        ("s3cret!" * 7, 1),
        (encoded(NEW)[:-4], 1),
        (encoded(bytes(16)), 1),
        (encoded(bytes(33)), 1),
        (f"{encoded(NEW)},", 2),
        (f"{encoded(NEW)},hunter2", 2),
        (f"{encoded(NEW)};{encoded(OLD)}", 1),
        ("ключ" * 11, 1),
    ],
)
def test_what_is_no_key_is_refused_by_its_place_and_never_shown(setting, place):
    with pytest.raises(SetupError) as refused:
        read_keys(setting)
    message = str(refused.value)
    assert message.startswith(f"key {place} of ENCRYPTION_KEY is not 32 bytes in base64")
    assert "check-env --new-key" in message
    assert all(part not in message for part in setting.split(",") if part)


def test_one_key_twice_is_a_mistake():
    with pytest.raises(SetupError, match="two keys with one id"):
        read_keys(f"{encoded(NEW)},{encoded(NEW)}")
