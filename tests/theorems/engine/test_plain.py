"""Statements as Unicode text: nothing of LaTeX or reStructuredText is left."""

from __future__ import annotations

import re

import pytest

import theorems
from theorems.engine.plain import plain_math, plain_text
from theorems.library import docstring

LEFT_OVER = re.compile(r"\\|:\w+:`|\.\. \w+::|\{|\}")


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\text{closed}\iff\operatorname{rank}W_1=\dots=\operatorname{rank}W_L", "closed ⇔ rank W₁ = … = rank W_L"),
        (r"\|X-X_{r',r}\|_F\le\sqrt{a+b}", "‖X−X_(r',r)‖_F ≤ √(a+b)"),
        (r"\tfrac16(\log d)^3|h|^3", "1/6(log d)³|h|³"),
        (r"\frac{a+1}{\sqrt2}", "(a+1)/√2"),
        (r"\hat\alpha", "α̂"),
        (r"W_l\in\mathbb R^{n_l\times n_{l-1}}", "Wₗ∈ℝ^(nₗ×nₗ₋₁)"),
        (r"\bigl(x\bigr)^{-s}", "(x)⁻ˢ"),
    ],
)
def test_formulas(tex, text):
    assert plain_math(tex).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("theorem", theorems.all(), ids=lambda t: t.id)
def test_every_statement_is_plain(theorem):
    text = plain_text(docstring(theorem))
    assert not re.search(r"\\|:\w+:`|\.\. \w+::", text)
    assert all(len(line) <= 110 for line in text.split("\n"))
    assert not [r.latex for r in theorem.readings if re.search(r"\\", plain_math(r.latex))]
