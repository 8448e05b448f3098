import asyncio

from bus.link.gathering import Gathering


class Written(asyncio.Transport):
    """Keeps what it is handed, piece by piece."""

    def __init__(self) -> None:
        super().__init__({"peername": "there"})
        self.pieces: list[bytes] = []
        self.closing = False

    def write(self, data: bytes) -> None:
        self.pieces.append(data)

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True


async def test_what_one_turn_writes_leaves_in_one_piece_in_its_order():
    to = Written()
    gathering = Gathering(to)
    for piece in (b"one ", b"two ", b"three"):
        gathering.write(piece)
    assert not to.pieces
    await asyncio.sleep(0)
    gathering.write(b"later")
    await asyncio.sleep(0)
    assert to.pieces == [b"one two three", b"later"]


async def test_closing_sends_what_waits_and_nothing_comes_after():
    to = Written()
    gathering = Gathering(to)
    gathering.write(b"goodbye")
    gathering.close()
    gathering.write(b"too late")
    await asyncio.sleep(0)
    assert to.pieces == [b"goodbye"]


async def test_everything_else_is_the_transports_own():
    gathering = Gathering(Written())
    assert gathering.get_extra_info("peername") == "there"
    assert not gathering.is_closing()
