"""Instances are exact, immutable, and survive JSON."""

from __future__ import annotations

import keyword
from fractions import Fraction

import flint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import UsageError
from theorems.engine.instance import Instance

fractions = st.fractions(max_denominator=1000)
vectors = st.lists(fractions, min_size=1, max_size=4)
matrices = st.integers(1, 3).flatmap(
    lambda n: st.lists(st.lists(fractions, min_size=n, max_size=n), min_size=1, max_size=3)
)
values = st.one_of(
    st.integers(), fractions, st.text(min_size=1), vectors, matrices, st.lists(matrices, min_size=1, max_size=3)
)


# Fields are keyword arguments.
names = st.from_regex("[a-z]{1,4}", fullmatch=True).filter(lambda name: not keyword.iskeyword(name))


@given(st.dictionaries(names, values, max_size=4))
def test_json_and_python_round_trips(items):
    x = Instance.of(**items)
    assert Instance.from_json(x.to_json()) == x
    assert hash(Instance.from_json(x.to_json())) == hash(x)
    again = eval(x.python(), {"Instance": Instance, "Fraction": Fraction})
    assert again.to_json() == x.to_json() or any(isinstance(v, Fraction) for v in items.values())


@pytest.mark.parametrize(
    "value",
    [0.5, True, None, [], [[]], [[1, 2], [3]], [1, [2]], [[1.0]], {"a": 1}, [["x"]], [[[1]], [1]]],
    ids=repr,
)
def test_what_is_not_exact_is_refused(value):
    with pytest.raises(UsageError):
        Instance.of(A=value)


@pytest.mark.parametrize(
    "data",
    [0.5, True, None, [], "a", "1/0", "1/2/3", {"choice": 1}, {"kind": "x"}, {"chain": "x"}, "9" * 5000, [["1"]] * 100],
    ids=lambda v: repr(v)[:30],
)
def test_json_that_is_not_exact_is_refused(data):
    with pytest.raises(UsageError):
        Instance.from_json({"A": data})


def test_typed_access():
    x = Instance.of(A=[[1, Fraction(1, 2)]], v=[1, 2], q=Fraction(3), n=2, c="raw", W=[[[1]], [[2]]])
    assert x.matrix("A") == flint.fmpq_mat([[1, flint.fmpq(1, 2)]])
    assert x.vector("v") == [1, 2]
    assert x.rational("q") == 3
    assert x.rational("n") == x.integer("n") == 2
    assert x.choice("c") == "raw"
    assert [m[0, 0] for m in x.chain("W")] == [1, 2]
    assert x.height() == 3
    for read in (x.matrix, x.choice, x.integer):
        with pytest.raises(UsageError):
            read("v")
    with pytest.raises(UsageError, match="no value named"):
        x.rational("missing")


def test_replacing_leaves_the_original():
    x = Instance.of(a=1, b=2)
    assert x.replace(a=3).integer("a") == 3
    assert x.integer("a") == 1


def test_fmpq_values_are_read():
    x = Instance.of(A=flint.fmpq_mat([[flint.fmpq(1, 3)]]), q=flint.fmpq(2, 5), n=flint.fmpz(4))
    assert x["A"] == ((Fraction(1, 3),),)
    assert (x["q"], x["n"]) == (Fraction(2, 5), 4)
