"""The store's contract, the same on a folder and on an S3 server."""

import asyncio
import hashlib
import io
import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from avatar_foundry.service.store import Store

from .servers import s3_server

DATA = os.urandom(700_000)


@pytest.fixture(scope="module", params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("store")
    if request.param == "folder":
        yield Store("", folder)
        return
    with s3_server() as bucket, pytest.MonkeyPatch.context() as patch:
        for name, value in bucket.environment.items():
            patch.setenv(name, value)
        yield Store(bucket.url, folder)


def read(store: Store, sha256: str, start: int, end: int) -> bytes:
    async def whole() -> bytes:
        return b"".join([piece async for piece in store.stream(sha256, start, end)])

    return asyncio.run(whole())


def test_what_is_put_is_there_under_its_hash(store: Store) -> None:
    sha256 = store.put(DATA)
    assert sha256 == hashlib.sha256(DATA).hexdigest()
    assert store.has(sha256)
    assert store.get(sha256) == DATA


def test_putting_it_again_changes_nothing(store: Store) -> None:
    assert store.put(DATA) == store.put(DATA, hashlib.sha256(DATA).hexdigest())
    assert store.get(store.put(DATA)) == DATA


@pytest.mark.parametrize("size", [0, 1, 20_000_001])
def test_files_of_any_size_are_streamed_in(store: Store, size: int) -> None:
    data = (DATA * (size // len(DATA) + 1))[:size]
    sha256, kept = store.put_file(io.BytesIO(data))
    assert (sha256, kept) == (hashlib.sha256(data).hexdigest(), size)
    assert store.get(sha256) == data


@pytest.mark.parametrize(("start", "end"), [(0, 700_000), (0, 1), (699_999, 700_000), (5, 300_000), (7, 7)])
def test_ranges_are_exact(store: Store, start: int, end: int) -> None:
    assert read(store, store.put(DATA), start, end) == DATA[start:end]


def test_what_is_not_there_is_told(store: Store) -> None:
    missing = "0" * 64
    assert not store.has(missing)
    with pytest.raises(FileNotFoundError):
        store.get(missing)
    with pytest.raises(FileNotFoundError):
        read(store, missing, 0, 1)
    store.delete(missing)


def test_deleted_contents_are_gone_and_can_come_back(store: Store) -> None:
    sha256 = store.put(b"once")
    store.delete(sha256)
    assert not store.has(sha256)
    assert store.get(store.put(b"once")) == b"once"


def test_a_store_travels_to_other_processes(store: Store) -> None:
    sha256 = store.put(b"from here")
    assert pickle.loads(pickle.dumps(store)).get(sha256) == b"from here"


def test_it_says_that_it_lives(store: Store) -> None:
    assert store.alive()


@pytest.mark.parametrize("name", ["", "../x", "A" * 64, "0" * 63])
def test_nothing_but_a_hash_is_a_name(store: Store, name: str) -> None:
    with pytest.raises(AssertionError):
        store.get(name)
