"""Does Hugging Face's library load what jumok saves, and say the same?

In an environment of its own:

    python3 -m venv venv
    venv/bin/pip install torch transformers
    cargo run --release --example interop_models -p jumok-bert -- OUT
    venv/bin/python tests/interop/roundtrip.py OUT

The example writes one folder a model with `expected.safetensors` (inputs and logits). Without `transformers` this script says so
and ends with status 0.
"""

import json
import sys
from pathlib import Path

try:
    import torch
    import transformers
    from safetensors.torch import load_file
except ImportError as error:
    print(f"skipped: {error}; see the first lines of {__file__}")
    sys.exit(0)


def main() -> int:
    failed = checked = 0
    for folder in sorted(path.parent for path in Path(sys.argv[1]).glob("*/expected.safetensors")):
        config = json.loads((folder / "config.json").read_text())
        (architecture,) = config["architectures"]
        model, info = getattr(transformers, architecture).from_pretrained(folder, output_loading_info=True)
        model.eval()
        expected = load_file(folder / "expected.safetensors")
        batch = {name[3:]: tensor.long() for name, tensor in expected.items() if name.startswith("in.")}
        with torch.no_grad():
            output = model(**batch)
        outputs = {name[4:]: tensor for name, tensor in expected.items() if name.startswith("out.")}
        worst = max((output[name] - tensor).abs().max().item() for name, tensor in outputs.items())
        complete = not (info["missing_keys"] or info["unexpected_keys"] or info["mismatched_keys"])
        good = complete and worst <= 1e-4
        checked += 1
        failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {architecture}: largest difference {worst:.2e}, {info if not complete else 'all keys'}")
    print(f"{checked - failed} of {checked} models say the same")
    return 1 if failed or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
