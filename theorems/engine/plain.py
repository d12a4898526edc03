"""Statements for a terminal: reStructuredText and LaTeX as Unicode text."""

from __future__ import annotations

import re
import textwrap

__all__ = ["plain_math", "plain_text"]

_NAMES = """
alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ
sigma σ tau τ phi φ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω
le ≤ leq ≤ ge ≥ geq ≥ ne ≠ neq ≠ in ∈ notin ∉ subset ⊂ subseteq ⊆ cap ∩ cup ∪ sum ∑ prod ∏ int ∫ infty ∞ to → mapsto ↦
cdot · cdots ⋯ ldots … dots … times × oplus ⊕ otimes ⊗ bigoplus ⊕ sqcup ⊔ bigsqcup ⊔ pm ± succeq ⪰ succ ≻ preceq ⪯
propto ∝ approx ≈ equiv ≡ cong ≅ simeq ≃ sim ∼ perp ⊥ angle ∠ forall ∀ exists ∃ Rightarrow ⇒ Leftrightarrow ⇔ iff ⇔
implies ⇒ Longleftrightarrow ⇔ langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ ell ℓ partial ∂ nabla ∇ circ ∘
bullet • emptyset ∅ varnothing ∅ setminus ∖ colon : mid | vert | Vert ‖ lVert ‖ rVert ‖ | ‖ odot ⊙ ast ∗ star ⋆ top ᵀ
wedge ∧ vee ∨ neg ¬ leadsto ⇝ uparrow ↑ downarrow ↓ boxtimes ⊠
""".split()  # noqa: SIM905
_SIGNS: dict[str, str] = dict(zip(_NAMES[::2], _NAMES[1::2], strict=True))
_ALPHABETS = {"R": "ℝ", "Q": "ℚ", "C": "ℂ", "Z": "ℤ", "N": "ℕ", "F": "𝔽", "E": "𝔼", "P": "ℙ"}
_ACCENTS = {"hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303", "bar": "\u0304",
            "overline": "\u0304", "dot": "\u0307", "ddot": "\u0308", "vec": "\u20d7"}  # fmt: skip
_RAISED = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzTLVW'",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴸⱽᵂ'",
        strict=True,
    )
)
_LOWERED = dict(zip("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_GROUP = r"(?:\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}|(\\[A-Za-z]+|[^\\\s{}]))"
_PLAIN_COMMANDS = r"\\(?:mathrm|operatorname|mathbf|mathcal|text|textrm|boldsymbol|mathit|mathsf)\s*" + _GROUP
_SIZES = r"\\(?:[bB]igg?[lr]?|left|right|displaystyle|textstyle|limits|nolimits)(?![A-Za-z])\.?"


def plain_math(tex: str) -> str:
    r"""One formula as Unicode text; indices that have no small letters stay as ``_{…}`` without the braces.

    >>> plain_math(r"\|[H,K]\|_F^2=\sum_{ij}(\kappa_i-\kappa_j)^2")
    '‖[H,K]‖_F² = ∑ᵢⱼ(κᵢ−κⱼ)²'
    >>> plain_math(r"\tfrac12(\log d-\log H_d(2\alpha))")
    '½(log d−log H_d(2α))'
    """
    text = re.sub(r"\s+", " ", tex).replace(r"\\", "; ").replace("&", "").replace("~", " ")
    text = re.sub(_SIZES, "", text)
    text = re.sub(r"\\begin\{\w+\*?\}(?:\{[lcr|]*\})?|\\end\{\w+\*?\}", "", text)
    text = re.sub(r"\\[dt]?frac\s*12(?!\d)|\\[dt]?frac\{1\}\{2\}", "½", text)
    text = re.sub(r"\\mathbb\s*" + _GROUP, lambda m: _ALPHABETS.get(_inner(m), _inner(m)), text)
    for command, mark in _ACCENTS.items():
        text = re.sub(rf"\\{command}(?![A-Za-z])\s*{_GROUP}", lambda m, mark=mark: plain_math(_inner(m)) + mark, text)
    text = re.sub(r"\\[dt]?frac\s*" + _GROUP + r"\s*" + _GROUP, _fraction, text)
    text = re.sub(r"\\sqrt\s*" + _GROUP, lambda m: "√" + _bracketed(plain_math(_inner(m))), text)
    text = re.sub(r"\\[dt]?binom\s*" + _GROUP + r"\s*" + _GROUP, lambda m: f"C({_pick(m, 1)}, {_pick(m, 3)})", text)
    text = re.sub(_PLAIN_COMMANDS, lambda m: f" {_inner(m)} ", text)
    text = re.sub(r"\\(?:[,;:! ]|quad(?![A-Za-z])|qquad(?![A-Za-z]))", " ", text)
    text = re.sub(r"\\([A-Za-z]+|[|{}#%])", _sign, text)
    text = text.replace("-", "−")
    for sign, small in (("^", _RAISED), ("_", _LOWERED)):
        text = re.sub(re.escape(sign) + _GROUP, lambda m, sign=sign, small=small: _script(m, sign, small), text)
    text = re.sub(r"\s*(=|≤|≥|≠|⇒|⇔|∝)\s*", r" \1 ", text)
    return re.sub(r"\s+", " ", re.sub(r"(\w|\)) ([(),;\]^_])|([([]) ", r"\1\2\3", text)).strip()


def _inner(match: re.Match[str]) -> str:
    return match[1] if match[1] is not None else match[2]


def _sign(match: re.Match[str]) -> str:
    name = match[1]
    return _SIGNS.get(name, f"{name} " if name.isalpha() else name)


def _pick(match: re.Match[str], first: int) -> str:
    return plain_math(match[first] if match[first] is not None else match[first + 1])


def _bracketed(text: str) -> str:
    return text if re.fullmatch(r"√?[\w′]+", text) else f"({text})"


def _fraction(match: re.Match[str]) -> str:
    return f"{_bracketed(_pick(match, 1))}/{_bracketed(_pick(match, 3))}"


def _script(match: re.Match[str], sign: str, small: dict[str, str]) -> str:
    text = _inner(match).replace(" ", "")
    if text in ("∗", "*"):
        return "*"
    if text and all(letter in small for letter in text):
        return "".join(small[letter] for letter in text)
    return f"{sign}{text}" if len(text) == 1 or (sign == "_" and text.isalnum()) else f"{sign}({text})"


def plain_text(text: str, width: int = 100) -> str:
    """A docstring in its sections as text for a terminal: formulas in Unicode, no roles, no directives."""
    # A formula begins below its directive, or beside it and goes on in lines that are indented further.
    text = re.sub(
        r"\.\. math::[ ]*\n?((?:[ \t]*\n)*(?:[ ]{4,}.*(?:\n|$))+|.*\n(?:[ ]{8,}\S.*(?:\n|$))*)", _displayed, text
    )
    text = re.sub(r":math:`([^`]*)`", lambda m: plain_math(m[1]), text)
    text = re.sub(r":\w+:`~?([^`]*)`|``([^`]*)``", lambda m: m[1] or m[2], text)
    text = re.sub(r"(?<![\w*])\*([^*\n][^*]*?)\*(?![\w*])", r"\1", text)
    return "\n\n".join(_filled(part, width) for part in re.split(r"\n\s*\n", text.strip()))


def _displayed(match: re.Match[str]) -> str:
    lines = re.split(r"\\\\", match[1])
    return "\n" + "\n\n".join(f"        {plain_math(line)}" for line in lines if line.strip()) + "\n\n"


def _filled(paragraph: str, width: int) -> str:
    """The lines of a paragraph run together at each indent, so that a heading stays above what it heads."""
    found: list[str] = []
    for line in paragraph.split("\n"):
        indent = len(line) - len(line.lstrip())
        if found and len(found[-1]) - len(found[-1].lstrip()) == indent and not found[-1].endswith((".", ";")):
            found[-1] += " " + line.strip()
        else:
            found.append(line)
    return "\n".join(
        textwrap.fill(line, width, subsequent_indent=" " * (len(line) - len(line.lstrip()))) for line in found
    )
