"""Which stored kernel belongs to which layer of a Keras configuration.

HDF5 of Keras 2 names a kernel by its layer, ``model_weights/NAME/…/kernel:0``. Archives of Keras 3 number the layers of
each class instead, in the order of the configuration: ``layers/dense/vars/0``, ``layers/dense_1/vars/0``, …, whatever
the layers are called. Where the numbers are not those of the configuration, no kernel is given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from certify.chain.stored import StoredTensor

__all__ = ["kernels_by_layer"]

_NUMBERED = re.compile(r"layers/([^/]+)/vars/(\d+)\Z", re.ASCII)
_WORD, _INNER = re.compile("(.)([A-Z][a-z]+)"), re.compile("([a-z])([A-Z])")


def kernels_by_layer(layers: Sequence[tuple[str, str]], tensors: Mapping[str, StoredTensor]) -> dict[str, StoredTensor]:
    """The kernel of each layer that has exactly one; of a separable convolution the pointwise one.

    Parameters
    ----------
    layers : name and class, in the order of the configuration.
    """
    numbered: dict[str, dict[int, StoredTensor]] = {}
    for name, stored in tensors.items():
        if match := _NUMBERED.match(name):
            numbered.setdefault(match[1], {})[int(match[2])] = stored
    found: dict[str, StoredTensor] = {}
    folders = _folders(layers, set(numbered))
    for name, kind in layers:
        separable = kind.startswith("Separable")
        if name in folders:
            own = [x for place, x in numbered[folders[name]].items() if place == int(separable)]
        else:
            own = _named(name, "pointwise_kernel" if separable else "kernel", tensors)
        if len(own) == 1:
            found[name] = own[0]
    return found


def _folders(layers: Sequence[tuple[str, str]], there: set[str]) -> dict[str, str]:
    """The folder of each layer, for classes all of whose layers have one, and no other folder has its name."""
    classes: dict[str, list[str]] = {}
    for name, kind in layers:
        classes.setdefault(_snake(kind), []).append(name)
    found: dict[str, str] = {}
    for base, names in classes.items():
        wanted = [base, *(f"{base}_{i}" for i in range(1, len(names)))]
        if {folder for folder in there if re.fullmatch(rf"{re.escape(base)}(_\d+)?", folder)} == set(wanted):
            found |= dict(zip(names, wanted, strict=True))
    return found


def _snake(kind: str) -> str:
    """``SeparableConv2D`` as Keras spells it in a path.

    >>> _snake("SeparableConv2D"), _snake("Dense")
    ('separable_conv2d', 'dense')
    """
    return _INNER.sub(r"\1_\2", _WORD.sub(r"\1_\2", kind)).lower()


def _named(name: str, ends: str, tensors: Mapping[str, StoredTensor]) -> list[StoredTensor]:
    return [
        stored
        for key, stored in tensors.items()
        if (parts := key.split("/"))[-1].partition(":")[0] == ends
        and name in parts[:2]
        and not parts[0].startswith("optimizer")
    ]
