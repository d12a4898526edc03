"""Pictures of a certificate: every layer, interface and chance line is drawn, with the numbers of the certificate."""

from __future__ import annotations

import sys

import pytest

import certify
from certify import plot
from certify.errors import UsageError
from tests.docs.conftest import EXAMPLES


class Axes:
    """What is drawn, by kind of line."""

    def __init__(self) -> None:
        self.lines: list[tuple] = []
        self.bands: list[tuple] = []
        self.bars: list[tuple] = []

    def plot(self, x, y, *style, **words):
        """A line."""
        self.lines.append((list(x), list(y), *style, words.get("label")))
        return [self]

    def fill_between(self, x, lower, upper, **words):
        """A band."""
        self.bands.append((list(x), list(lower), list(upper)))

    def bar(self, x, heights, yerr):
        """Bars."""
        self.bars.append((list(x), list(heights), list(yerr)))

    def get_color(self):
        """Any."""
        return "black"

    def set(self, **words): ...
    def set_xticks(self, *places, **words): ...
    def axhline(self, *place, **words): ...
    def legend(self): ...


@pytest.fixture(scope="module")
def certificate() -> certify.Certificate:
    return certify.certify(EXAMPLES / "digits_mlp.safetensors")


def test_spectra_are_those_of_the_certificate(certificate) -> None:
    axes = Axes()
    assert plot.spectra(certificate, axes) is axes
    assert len(axes.lines) == len(axes.bands) == 5
    sigma = certificate["spectrum.sigma", "layers.4.weight"].values
    assert axes.bands[4] == (list(range(1, 11)), [v.lower for v in sigma], [v.upper for v in sigma])
    one = Axes()
    plot.spectra(certificate, one, names=["layers.4.weight"])
    assert one.bands == axes.bands[4:]
    with pytest.raises(UsageError, match="no layer is called nothing"):
        plot.spectra(certificate, Axes(), names=["nothing"])


def test_overlaps_stand_beside_chance(certificate) -> None:
    axes = Axes()
    plot.overlaps(certificate, axes)
    assert len(axes.bands) == 4
    chance = [line for line in axes.lines if ":" in line]
    assert len(chance) == 4
    assert all(abs(y - k / 96) < 1e-12 for xs, ys, *_ in chance for k, y in zip(xs, ys, strict=True))


def test_commutators_are_bars_over_chance(certificate) -> None:
    axes = Axes()
    plot.commutators(certificate, axes)
    ((places, heights, _),) = axes.bars
    assert places == [0, 1, 2, 3]
    assert heights == [float(item.value("N1.commutator")) for item in certificate.interfaces()]


def test_without_matplotlib_the_extra_is_named(certificate, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match="plot"):
        plot.spectra(certificate)
