"""Makes pretraining_trajectory: 200 steps of BERT pre-training by PyTorch and Hugging Face transformers (CPU, fp32).

    pip install torch==2.13.0 transformers==5.23.0 safetensors==0.8.0 numpy && python make.py

The same run in fp64 says how far fp32 alone drifts; the tolerance is ten times that drift, but at least 1e-5. Sentences are arithmetic sequences over the ordinary ids, B goes on where A ends or is another sequence. Eight batches
come again and again, so that 200 steps are enough to learn them.
"""
import json
import os

import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertForPreTraining, get_scheduler

HERE = os.path.dirname(os.path.abspath(__file__))
STEPS, BATCHES, BATCH, TIME, PART = 200, 8, 4, 13, 5
PAD, CLS, SEP, MASK, FIRST = 0, 2, 3, 4, 5
CONFIG = dict(vocab_size=37, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
              max_position_embeddings=16, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
OPTIMIZER = dict(optimizer="AdamW", lr=3e-3, betas=[0.9, 0.999], eps=1e-8, weight_decay=0.01)
SCHEDULE = dict(schedule="linear", warmup=20, total=STEPS, clip_norm=1.0)
random = torch.Generator().manual_seed(11)


def number(below):
    return int(torch.randint(below, (1,), generator=random))


def row():
    ordinary = CONFIG["vocab_size"] - FIRST
    word = lambda start, stride, n: FIRST + (start + stride * n) % ordinary
    start, stride, len_a, len_b, other = number(ordinary), 1 + number(3), 3 + number(PART - 2), 3 + number(PART - 2), number(2)
    a = [word(start, stride, n) for n in range(len_a)]
    start_b = number(ordinary) if other else start + stride * len_a
    b = [word(start_b, stride, n) for n in range(len_b)]
    ids = [CLS] + a + [SEP] + b + [SEP]
    types = [0] * (len_a + 2) + [1] * (len_b + 1)
    labels = [-100] * len(ids)
    for position in {1 + number(len_a), 2 + len_a + number(len_b)}:
        labels[position], ids[position] = ids[position], MASK
    fill = TIME - len(ids)
    return ids + [PAD] * fill, types + [0] * fill, [1] * len(ids) + [0] * fill, labels + [-100] * fill, other


def train(model, inputs):
    optimizer = torch.optim.AdamW(model.parameters(), lr=OPTIMIZER["lr"], betas=tuple(OPTIMIZER["betas"]),
                                  eps=OPTIMIZER["eps"], weight_decay=OPTIMIZER["weight_decay"], foreach=False)
    schedule = get_scheduler(SCHEDULE["schedule"], optimizer, SCHEDULE["warmup"], SCHEDULE["total"])
    losses, norms, rates = [], [], []
    for step in range(STEPS):
        loss = model(**{name: value[step] for name, value in inputs.items()}).loss
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), SCHEDULE["clip_norm"], foreach=False).detach())
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
        losses.append(loss.detach())
    return {"loss": torch.stack(losses), "grad_norm": torch.stack(norms), "lr": torch.tensor(rates, dtype=torch.float64)}


torch.set_num_threads(1)
names = ("input_ids", "token_type_ids", "attention_mask", "labels", "next_sentence_label")
rows = [row() for _ in range(BATCHES * BATCH)] * (STEPS // BATCHES)
inputs = {name: torch.tensor([r[k] for r in rows]).reshape(STEPS, BATCH, *([TIME] if k < 4 else [])) for k, name in enumerate(names)}
torch.manual_seed(12)
model = BertForPreTraining(BertConfig(**CONFIG, attn_implementation="eager")).train()
with torch.no_grad():
    for parameter in model.parameters():      # norms that are not 1 and biases that are not 0 hide nothing
        parameter += 0.03 * torch.randn(parameter.shape, generator=random)
initial = {name: value.detach().clone() for name, value in model.named_parameters()}
doubled = BertForPreTraining(BertConfig(**CONFIG, attn_implementation="eager")).double().train()
doubled.load_state_dict({name: value.double() for name, value in model.state_dict().items()})
out, exact = train(model, inputs), train(doubled, inputs)
drift = {name: float((out[name] - exact[name]).abs().max()) for name in ("loss", "grad_norm")}

tensors = {f"in.{name}": value for name, value in inputs.items()}
tensors |= {f"param.{name}": value for name, value in initial.items()}
tensors |= {f"out.{name}": value for name, value in out.items()}
save_file({name: value.contiguous() for name, value in tensors.items()}, os.path.join(HERE, "pretraining_trajectory.safetensors"))
case = {
    "case": "bert/pretraining_trajectory", "op": "training_trajectory",
    "attrs": {"model": "bert_for_pre_training", "config": CONFIG, "optimizer": OPTIMIZER, **SCHEDULE},
    "peer": "transformers.BertForPreTraining, torch.optim.AdamW",
    "note": "param.* are the initial weights, in.X[s] the batch of step s. out.loss[s] is the loss before step s (masked words + next "
            "sentence, label 0 = really next), out.grad_norm[s] the norm before clipping. Every parameter decays.",
    "inputs": list(inputs), "params": list(initial), "outputs": list(out),
    "tolerance": {"out": {"rtol": 0.0, "atol": 1e-5}, "grad": {"rtol": 0.0, "atol": 0.0}},
    "tolerance_by_tensor": {
        "out.loss": {"rtol": 0.0, "atol": max(1e-5, float(f"{10 * drift['loss']:.1g}"))},
        "out.grad_norm": {"rtol": 1e-3, "atol": max(1e-5, float(f"{10 * drift['grad_norm']:.1g}"))},
        "out.lr": {"rtol": 1e-6, "atol": 1e-12},
    },
    "fp32_vs_fp64_max_abs": {f"out.{name}": float(f"{value:.3g}") for name, value in drift.items()},
}
with open(os.path.join(HERE, "pretraining_trajectory.json"), "w", encoding="utf-8") as file:
    file.write(json.dumps(case, indent=1) + "\n")
print("loss", [round(float(out["loss"][k]), 4) for k in (0, 50, 100, 150, -1)], "drift", drift)
