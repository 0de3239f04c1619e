"""`Once` computes a value once for all callers of the same key, also when it fails or a caller is cancelled."""

import asyncio

from subscriptions.once import Once
from tests.support.event_streams import eventually


class Making:
    """A computation that runs until the test releases it, and counts its starts."""

    def __init__(self) -> None:
        self.begun = 0
        self.go = asyncio.Event()
        self.fault: Exception | None = None

    async def __call__(self) -> str:
        self.begun += 1
        number = self.begun
        await self.go.wait()
        if self.fault:
            raise self.fault
        return f"made {number}"


async def asking(once: Once[str, str], make: Making, count: int, key: str = "this") -> list[asyncio.Task[str]]:
    """Starts so many requests: the first one computes, the others wait."""
    tasks = [asyncio.create_task(once.of(key, make)) for _ in range(count)]
    await eventually(lambda: make.begun > 0)
    return tasks


async def test_it_is_made_once_for_all_who_ask_and_kept() -> None:
    once, make = Once[str, str](), Making()
    tasks = await asking(once, make, 5)
    make.go.set()
    assert await asyncio.gather(*tasks) == ["made 1"] * 5
    assert await once.of("this", make) == "made 1"
    assert await once.of("that", make) == "made 2"


async def test_what_fails_fails_for_those_who_waited_and_is_made_anew_for_the_next() -> None:
    once, make = Once[str, str](), Making()
    tasks = await asking(once, make, 5)
    make.fault = OSError("the database is away")
    make.go.set()
    assert await asyncio.gather(*tasks, return_exceptions=True) == [make.fault] * 5
    assert make.begun == 1
    make.fault = None
    assert await once.of("this", make) == "made 2"


async def test_whoever_goes_while_making_takes_it_from_nobody() -> None:
    once, make = Once[str, str](), Making()
    maker, goes, *others = await asking(once, make, 5)
    goes.cancel()
    maker.cancel()
    await eventually(lambda: make.begun == 2)
    make.go.set()
    assert await asyncio.gather(*others) == ["made 2"] * 3
    assert maker.cancelled()
    assert goes.cancelled()


async def test_the_oldest_goes_when_there_are_too_many() -> None:
    """Those who wait for it get it all the same, and the next who asks has it made anew."""
    once, make, later = Once[str, str](limit=2), Making(), Making()
    waiting = await asking(once, make, 3)
    later.go.set()
    assert [await once.of(key, later) for key in ("second", "third")] == ["made 1", "made 2"]
    make.go.set()
    assert await asyncio.gather(*waiting) == ["made 1"] * 3
    assert await once.of("third", later) == "made 2"
    assert await once.of("this", later) == "made 3"
