"""A chain of Jacobians as an ``.npz`` archive that says where it comes from."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping

import numpy as np

from certify.chain import Chain
from certify.errors import InputError

__all__ = ["save_chain"]


def save_chain(chain: Chain, path: str | os.PathLike[str], provenance: Mapping[str, str] | None = None) -> None:
    """Write the matrices of a chain as an ``.npz`` archive under their names, ``J1``, ``J2``, …

    Parameters
    ----------
    path : a file that does not exist yet.
    provenance : what the reader should know of the origin; with the chain's notes it becomes the member
        ``provenance.json``, which readers of weights leave out. Equal contents have equal bytes.

    Raises
    ------
    InputError : a layer's name is none that an archive holds.
    """
    for layer in chain.layers:
        if not layer.name.isidentifier():
            raise InputError(f"the layer {layer.name!a} has no name for an archive", hint="use letters and digits")
    said = {**(provenance or {}), "notes": list(chain.notes)}
    with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED) as archive:
        for layer in chain.layers:
            with archive.open(zipfile.ZipInfo(f"{layer.name}.npy"), "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, layer.matrix(), allow_pickle=False)
        archive.writestr(zipfile.ZipInfo("provenance.json"), json.dumps(said, indent=1, sort_keys=True))
