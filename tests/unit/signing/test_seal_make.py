"""Sealing in steps, the limits of a batch, and what the checker remembers."""

import pytest
from seal_kit import INSTANCE, NOW_MS, registered, signer

from signing import jws
from signing.keys import Algorithm


def begin(envelopes: list[bytes], **changes: object) -> jws.Pending:
    options = {"instance": INSTANCE, "alg": Algorithm.ES256, "x5t": signer().x5t, "iat_s": NOW_MS // 1000, **changes}
    return jws.begin(envelopes, **options)


def test_sealing_in_steps_gives_what_sealing_at_once_gives():
    pending = begin([b"one", b"two"])
    sealed = pending.complete(signer().sign(pending.to_sign))
    at_once = jws.seal([b"one", b"two"], signer(), instance=INSTANCE, now_ms=NOW_MS)
    assert [one.path for one in sealed] == [one.path for one in at_once]
    assert sealed[0].seal.rpartition(b".")[0] == at_once[0].seal.rpartition(b".")[0] == pending.to_sign
    for index, one in enumerate(sealed):
        assert (one.index, one.size, one.envelope) == (index, 2, [b"one", b"two"][index])
        assert jws.check(one, registered(), instance=INSTANCE, at_ms=NOW_MS).passed


@pytest.mark.parametrize("envelopes", [[], [b""], [b"x" * 16385], [b"x"] * 4097])
def test_a_batch_has_limits(envelopes: list[bytes]):
    with pytest.raises(jws.SealError):
        begin(envelopes)


def test_the_largest_batch_and_the_largest_envelope_hold():
    sealed = jws.seal([b"x" * 16384] + [b"x"] * 4095, signer(), instance=INSTANCE, now_ms=NOW_MS)
    assert len(sealed[-1].path) == 12
    checker = jws.Checker(registered(), instance=INSTANCE)
    assert checker.check(sealed[0], NOW_MS).passed
    assert checker.check(sealed[-1], NOW_MS).passed


@pytest.mark.parametrize("changes", [{"instance": "vn test"}, {"x5t": "short"}, {"iat_s": 0}, {"iat_s": 10**13}])
def test_what_no_reader_would_take_is_not_sealed(changes: dict[str, object]):
    with pytest.raises(jws.SealError):
        begin([b"x"], **changes)


@pytest.mark.parametrize("signature", [b"", bytes(64), b"\x30" * 70, b"\xff" * 64])
def test_an_impossible_signature_is_refused_at_once(signature: bytes):
    with pytest.raises(jws.SealError):
        begin([b"x"]).complete(signature)
    with pytest.raises(jws.SealError):
        begin([b"x"], alg=Algorithm.PS256).complete(signature)


class CountingCertificate:
    """A directory that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, x5t: str) -> object:
        self.asked += 1
        return registered().get(x5t)


def test_a_checker_remembers_only_seals_that_held_and_only_so_many():
    batches = [jws.seal([b"a", b"b"], signer(), instance=INSTANCE, now_ms=NOW_MS + 1000 * i) for i in range(3)]
    checker = jws.Checker(registered(), instance=INSTANCE, remember=2)
    for batch in batches:
        for one in batch:
            assert checker.check(one, NOW_MS).passed
    assert list(checker._opened) == [batches[1][0].seal, batches[2][0].seal]
    assert checker.check(batches[1][1], NOW_MS).passed
    broken = jws.Sealed(b"a", batches[0][0].seal[:-4] + b"AAAA", 0, 2, batches[0][0].path)
    assert not checker.check(broken, NOW_MS).passed
    assert list(checker._opened) == [batches[2][0].seal, batches[1][0].seal]


def test_a_remembered_seal_is_looked_up_in_the_directory_each_time():
    directory = CountingCertificate()
    checker = jws.Checker(directory, instance=INSTANCE)
    sealed = jws.seal([b"a"], signer(), instance=INSTANCE, now_ms=NOW_MS)[0]
    checker.check(sealed, NOW_MS)
    before = directory.asked
    checker.check(sealed, NOW_MS)
    assert directory.asked == before + 1
