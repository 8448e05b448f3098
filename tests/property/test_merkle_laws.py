"""The tree's laws, over any number of leaves: each proof holds, and no neighbour of it does."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing import merkle

leaf_lists = st.integers(1, 70).map(lambda n: [merkle.leaf_hash(bytes([i])) for i in range(n)])


def root_by_definition(hashes: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else sha256(b"").digest()
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return merkle.node_hash(root_by_definition(hashes[:split]), root_by_definition(hashes[split:]))


def path_by_definition(index: int, hashes: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1, word for word."""
    if len(hashes) == 1:
        return []
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    if index < split:
        return [*path_by_definition(index, hashes[:split]), root_by_definition(hashes[split:])]
    return [*path_by_definition(index - split, hashes[split:]), root_by_definition(hashes[:split])]


def subproof_by_definition(first: int, hashes: list[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 §2.1.2, word for word."""
    if first == len(hashes):
        return [] if whole else [root_by_definition(hashes)]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    if first <= split:
        left = subproof_by_definition(first, hashes[:split], whole=whole)
        return [*left, root_by_definition(hashes[split:])]
    right = subproof_by_definition(first - split, hashes[split:], whole=False)
    return [*right, root_by_definition(hashes[:split])]


@given(leaf_lists)
def test_root_frontier_and_batch_agree_with_the_definition(leaves: list[bytes]):
    frontier = merkle.Frontier()
    for leaf in leaves:
        frontier.add(leaf)
    expected = root_by_definition(leaves)
    assert merkle.root(leaves) == frontier.root() == merkle.root_and_paths(leaves)[0] == expected
    assert frontier.size == len(leaves)


@given(leaf_lists, st.data())
def test_inclusion_paths_agree_with_the_definition_and_hold(leaves: list[bytes], data: st.DataObject):
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle.inclusion_path(leaves, index)
    assert path == tuple(path_by_definition(index, leaves)) == merkle.root_and_paths(leaves)[1][index]
    assert len(path) == merkle.path_length(index, len(leaves))
    assert merkle.verify_inclusion(leaves[index], index, len(leaves), path, merkle.root(leaves))


@given(leaf_lists, st.data())
def test_no_neighbour_of_an_inclusion_proof_holds(leaves: list[bytes], data: st.DataObject):
    size = len(leaves)
    index = data.draw(st.integers(0, size - 1))
    path, tree_root = merkle.inclusion_path(leaves, index), merkle.root(leaves)
    for other in range(-1, size + 1):
        held = merkle.verify_inclusion(leaves[index], other, size, path, tree_root)
        assert held == (other == index)
    assert not merkle.verify_inclusion(leaves[index], index, size, (*path, bytes(32)), tree_root)
    for place, node in enumerate(path):
        damaged = bytes([node[0] ^ 1]) + node[1:]
        assert not merkle.verify_inclusion(
            leaves[index], index, size, (*path[:place], damaged, *path[place + 1 :]), tree_root
        )
        assert not merkle.verify_inclusion(leaves[index], index, size, (*path[:place], *path[place + 1 :]), tree_root)


@given(leaf_lists, st.data())
def test_consistency_agrees_with_the_definition_and_only_the_true_pair_holds(leaves: list[bytes], data: st.DataObject):
    size = len(leaves)
    first = data.draw(st.integers(0, size))
    path = merkle.consistency_path(leaves, first)
    old, new = merkle.root(leaves[:first]), merkle.root(leaves)
    if first > 0:
        assert path == tuple(subproof_by_definition(first, leaves, whole=True))
    assert merkle.verify_consistency(first, size, old, new, path)
    assert not merkle.verify_consistency(first, size, old, new, (*path, bytes(32)))
    assert not merkle.verify_consistency(first, size, bytes(32), new, path)
    if first:
        assert not merkle.verify_consistency(first, size, old, bytes(32), path)
    for place in range(len(path)):
        assert not merkle.verify_consistency(first, size, old, new, path[:place] + path[place + 1 :])


@given(leaf_lists, st.data())
def test_a_frontier_goes_on_where_it_was_saved(leaves: list[bytes], data: st.DataObject):
    cut = data.draw(st.integers(0, len(leaves)))
    frontier = merkle.Frontier()
    for leaf in leaves[:cut]:
        frontier.add(leaf)
    again, twin = merkle.Frontier.from_bytes(frontier.to_bytes()), frontier.copy()
    for leaf in leaves[cut:]:
        again.add(leaf)
        twin.add(leaf)
    assert again.root() == twin.root() == merkle.root(leaves)
    assert frontier.root() == merkle.root(leaves[:cut])


@given(st.binary(max_size=120))
def test_any_bytes_are_a_frontier_or_refused(data: bytes):
    try:
        frontier = merkle.Frontier.from_bytes(data)
    except merkle.MerkleError:
        return
    assert frontier.to_bytes() == data


@given(st.integers(0, 40), st.integers(0, 40), st.lists(st.binary(max_size=33), max_size=8))
def test_hostile_paths_never_raise_and_never_hold(index: int, size: int, path: list[bytes]):
    assert not merkle.verify_inclusion(bytes(32), index, size, path, b"\x01" * 32)
    if index != size:
        assert not merkle.verify_consistency(index, size, b"\x01" * 32, b"\x02" * 32, path)


def test_impossible_arguments_are_errors():
    leaves = [merkle.leaf_hash(b"a")]
    with pytest.raises(merkle.MerkleError):
        merkle.inclusion_path(leaves, 1)
    with pytest.raises(merkle.MerkleError):
        merkle.consistency_path(leaves, 2)
    with pytest.raises(merkle.MerkleError):
        merkle.root_and_paths([])
    with pytest.raises(merkle.MerkleError):
        merkle.Frontier().add(b"short")
