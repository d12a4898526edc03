"""``load``: from a path to a chain, whatever the format."""

from __future__ import annotations

import os
from pathlib import Path

from certify.chain.archive import ARCHIVE_ERRORS
from certify.chain.chain_file import apply_chain_file, parse_chain_file, quoted, read_chain_file
from certify.chain.drafts import Draft, draft
from certify.chain.edges import chain_of_numbered_names
from certify.chain.limits import DEFAULT_LIMITS, Limits
from certify.chain.model import Chain, Layer, LeftOut
from certify.chain.readers.foreign import foreign
from certify.chain.readers.gguf import MAGIC as GGUF_MAGIC
from certify.chain.readers.gguf import read_gguf
from certify.chain.readers.keras import HDF5_MAGIC, read_keras
from certify.chain.readers.npy_header import MAGIC
from certify.chain.readers.numpy import bounded_archive, read_npy, read_npy_folder, read_npz
from certify.chain.readers.onnx import read_onnx
from certify.chain.readers.pytorch import LEGACY, read_pytorch
from certify.chain.readers.safetensors import is_safetensors, read_safetensors
from certify.chain.readers.shards import INDEX_SUFFIXES, PYTORCH_INDEX_SUFFIXES, read_sharded
from certify.chain.refusals import TORCH_SUFFIXES, pickle_suffix, refuse_pickle, starts_like_pickle
from certify.chain.stored import StoredTensor
from certify.errors import ChainError, InputError, UnsupportedError, UsageError
from certify.presets import PRESETS
from certify.reading import hint_of, open_regular, shown

__all__ = ["drafted", "load", "one_layer", "read_tensors"]

_FORMATS = (
    "a .safetensors file, an .npz archive, an .npy file, a PyTorch, ONNX, GGUF or Keras file, an index of shards "
    "(*.safetensors.index.json, *.bin.index.json), or a folder of them"
)
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"

_Found = tuple[list[StoredTensor], list[LeftOut]]


def load(
    path: str | os.PathLike[str],
    chain_file: str | os.PathLike[str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    *,
    preset: str = "",
) -> Chain:
    """Load the chain of weight matrices that a file or folder holds.

    The headers are validated first, then each layer is read once, one at a time, hashed, and refused when a number in
    it is not finite. The numbers themselves are not kept: :meth:`Layer.matrix` reads them again and refuses a file
    that has changed since.

    Parameters
    ----------
    path : a file of weights (safetensors, ``.npz``, ``.npy``, PyTorch, ONNX, GGUF, Keras), an index
        (``*.safetensors.index.json``, ``*.bin.index.json``), or a folder with one of them or with ``.npy`` files.
    chain_file : TOML that names layers, transposition and edges, see :mod:`certify.chain.chain_file`; without it they
        are read off numbered tensor names, see :mod:`certify.chain.edges`.
    limits : what the file may ask of the machine.
    preset : one of :data:`certify.presets.PRESETS`, to take the chain file that :func:`drafted` writes.

    Returns
    -------
    Chain : layers lowest first; what was left out, and why, in ``left_out``; decisions taken in ``notes``.

    Raises
    ------
    InputError : the input is refused; the message names file, tensor, place and what to try. :class:`ChainError` when
        no chain can be told or shapes do not compose, :class:`LimitError` at a limit, :class:`UnsupportedError` for
        pickles and formats that are not read.
    """
    source = os.fspath(path)
    if chain_file is not None and preset:
        raise UsageError("a chain file and a preset are two answers to one question", hint="give one of them")
    parsed = None if chain_file is None else read_chain_file(os.fspath(chain_file), limits)
    tensors, left_out = read_tensors(source, limits)
    if not tensors:
        raise InputError("there is no tensor in it, so the chain is empty", file=source, hint=f"give {_FORMATS}")
    if preset and preset not in PRESETS:
        raise UsageError(f"no preset is called {preset!a}", hint=f"one of {', '.join(PRESETS)}")
    if preset:
        found = draft(source, tensors, preset, limits, left_out)
        if not found.fits:
            raise ChainError(
                found.why, file=source, hint="edit this chain file and give it with --chain FILE", shown=found.text
            )
        parsed = parse_chain_file(found.text.encode(), f"drafted by the preset {preset}", limits)
    if parsed is None:
        chain = chain_of_numbered_names(tensors, left_out, source)
    else:
        chain = apply_chain_file(parsed, tensors, left_out, source)
    limits.check("max_layers", len(chain), "number of layers", file=source)
    for layer in chain.layers:
        limits.check(
            "max_tensor_elements",
            max(layer.stored.elements, layer.shape[0] * layer.shape[1]),
            "number of elements",
            file=source,
            tensor=layer.tensor,
        )
    chain.check()
    return chain


def read_tensors(path: str | os.PathLike[str], limits: Limits = DEFAULT_LIMITS) -> _Found:
    """Every tensor that a file or folder holds, and what in it is none, with the reason; no number is read.

    Raises
    ------
    InputError : the file or folder is refused.
    """
    source = os.fspath(path)
    return _read_folder(source, limits) if os.path.isdir(source) else _read_file(source, limits)


def drafted(path: str | os.PathLike[str], preset: str = "all", limits: Limits = DEFAULT_LIMITS) -> Draft:
    """The chain file of a preset for the model at ``path``; see :mod:`certify.chain.drafts`.

    Raises
    ------
    InputError : the weights cannot be read.
    """
    source = os.fspath(path)
    tensors, left_out = read_tensors(source, limits)
    return draft(source, tensors, preset, limits, left_out)


def one_layer(
    path: str | os.PathLike[str],
    name: str,
    chain_file: str | os.PathLike[str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Layer:
    """The matrix called ``name``: a tensor of the weight file, or a layer of the chain file when there is one.

    Raises
    ------
    ChainError : there is none, or it is no matrix, or integers without a word on what they are.
    InputError : as :func:`load`.
    """
    source = os.fspath(path)
    if chain_file is not None:
        layers = {layer.name: layer for layer in load(source, chain_file, limits).layers}
        if name in layers:
            return layers[name]
    else:
        tensors, _ = read_tensors(source, limits)
        layers = {stored.name: stored for stored in tensors}
        if name in layers:
            text = f"[[layers]]\ntensor = {quoted(name)}\n"
            parsed = parse_chain_file(text.encode(), "the tensor that was named", limits)
            layer = apply_chain_file(parsed, tensors, [], source).layers[0]
            limits.check("max_tensor_elements", layer.stored.elements, "number of elements", file=source, tensor=name)
            return layer
    raise ChainError(
        "no such matrix", file=source, tensor=shown(name), hint=hint_of(name, layers, "give the name of a tensor")
    )


def _read_file(path: str, limits: Limits) -> _Found:
    if path.endswith(INDEX_SUFFIXES):
        return read_sharded(path, limits)
    if (suffix := pickle_suffix(path)) and suffix not in TORCH_SUFFIXES:
        if not os.path.lexists(path):
            raise InputError("the file cannot be read: No such file or directory", file=path, hint="check the path")
        raise refuse_pickle(path, f"its suffix {suffix}")
    with open_regular(path) as opened:
        size = os.fstat(opened.fileno()).st_size
        head = opened.read(16)
    suffix = Path(path).suffix.lower()
    if is_safetensors(head, size):
        return read_safetensors(path, limits), []
    if head.startswith(GGUF_MAGIC):
        return read_gguf(path, limits)
    if head.startswith(HDF5_MAGIC):
        return read_keras(path, limits)
    if suffix in (".onnx", ".ort") and not head.startswith((_ZIP, _EMPTY_ZIP)):
        if head[4:8] == b"ORTM":
            raise foreign(path, head, suffix)
        return read_onnx(path, limits)
    if head[2:15] == LEGACY[:13]:
        return read_pytorch(path, limits)
    # A safetensors header of 640 bytes starts with the same two bytes, but then with zeros.
    if starts_like_pickle(head) and any(head[3:8]):
        raise refuse_pickle(path, "its first bytes")
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        return _read_zip(path, suffix, limits)
    if head.startswith(MAGIC):
        return [read_npy(path, limits)], []
    if suffix == ".safetensors":
        return read_safetensors(path, limits), []
    if suffix == ".npz":
        return read_npz(path, limits)
    if suffix == ".npy":
        return [read_npy(path, limits)], []
    raise foreign(path, head, suffix)


def _read_zip(path: str, suffix: str, limits: Limits) -> _Found:
    if suffix == ".safetensors":
        raise UnsupportedError(
            "the name says safetensors and the content is a zip archive, as pickles of PyTorch are",
            file=path,
            hint="find out what wrote this file before you open it with anything else",
        )
    if suffix == ".keras":
        return read_keras(path, limits)
    if suffix in TORCH_SUFFIXES or (suffix != ".npz" and _holds_torch_pickle(path, limits)):
        return read_pytorch(path, limits)
    return read_npz(path, limits)


def _holds_torch_pickle(path: str, limits: Limits) -> bool:
    try:
        with open_regular(path) as opened, bounded_archive(opened, path, limits) as archive:
            return any(name.rpartition("/")[2] == "data.pkl" for name in archive.namelist())
    except ARCHIVE_ERRORS:
        return False


def _read_folder(path: str, limits: Limits) -> _Found:
    try:
        names = sorted(os.listdir(path))
    except OSError as error:
        raise InputError(f"the folder cannot be read: {error.strerror}", file=path, hint="check the path") from error
    indices = [name for name in names if name.endswith(INDEX_SUFFIXES[0])]
    files = [name for name in names if name.endswith(".safetensors")]
    arrays = [name for name in names if name.endswith(".npy")]
    if bool(indices or files) and arrays:
        raise InputError(
            "the folder holds both safetensors and .npy files",
            file=path,
            hint="give the file or index that is meant, or move the others away",
        )
    if len(indices) > 1 or (not indices and len(files) > 1):
        raise InputError(
            f"the folder holds several models: {', '.join((indices or files)[:8])}",
            file=path,
            hint="give one of these files, or an index that joins them",
        )
    if indices:
        return read_sharded(os.path.join(path, indices[0]), limits)
    if files:
        return read_safetensors(os.path.join(path, files[0]), limits, follow_links=False), []
    if arrays:
        return read_npy_folder(path, limits)
    indices = [name for name in names if name.endswith(PYTORCH_INDEX_SUFFIXES)]
    if len(indices) > 1:
        raise InputError(
            f"the folder holds several models: {', '.join(indices[:8])}", file=path, hint="give one of these indices"
        )
    if indices:
        return read_sharded(os.path.join(path, indices[0]), limits)
    for ends in (TORCH_SUFFIXES, (".gguf",), (".onnx",), (".keras", ".h5", ".hdf5")):
        chosen = [name for name in names if name.endswith(tuple(ends)) and name != "training_args.bin"]
        if len(chosen) == 1:
            with open_regular(os.path.join(path, chosen[0]), follow_links=False):
                pass
            return _read_file(os.path.join(path, chosen[0]), limits)
        if chosen:
            raise InputError(
                f"the folder holds several models: {', '.join(chosen[:8])}", file=path, hint="give one of these files"
            )
    pickles = [name for name in names if pickle_suffix(name)]
    if pickles:
        raise refuse_pickle(os.path.join(path, pickles[0]), f"its suffix {pickle_suffix(pickles[0])}")
    raise InputError("the folder holds no weight files", file=path, hint=f"give {_FORMATS}")
