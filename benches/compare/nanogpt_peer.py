#!/usr/bin/env python3
"""PyTorch's side of `jumok transformer train-lm --text FILE`: the same model on the same text with the same settings.

    python3 nanogpt_peer.py FILE [--steps N] [--lr RATE] [--threads N] [--seed N]

nanoGPT's settings for a CPU: 4 layers, 4 heads, 128 wide, 64 characters at once, 12 windows a step, no biases, no dropout, AdamW
(0.9, 0.99) with decay 0.1 of matrices, gradients clipped at 1, 100 steps of warm-up, then half a cosine down to a tenth of the rate. The
first 90 % of the characters are learned, the rest is held out; as in jumok every tenth of the steps is judged on 240 windows from
all over it, and the model at the end on all of it. Four ids stand for jumok's special tokens and never occur. Prints one line of
JSON: seconds of the loop (its evaluations included), final held-out loss.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

WIDTH, HEADS, LAYERS, BLOCK, ROWS = 128, 4, 4, 64, 12
WARM_UP, DECAY, LONGEST_GRADIENT = 100, 0.1, 1.0
SPECIAL_TOKENS = 4


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, bias=False), nn.LayerNorm(WIDTH, bias=False)
        self.in_proj = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.out_proj = nn.Linear(WIDTH, WIDTH, bias=False)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH, bias=False), nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x):
        rows, length, _ = x.shape
        heads = self.in_proj(self.norm1(x)).view(rows, length, 3, HEADS, WIDTH // HEADS)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        context = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.out_proj(context.transpose(1, 2).reshape(x.shape))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Model(nn.Module):
    def __init__(self, vocab):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocab, WIDTH), nn.Embedding(BLOCK, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                ends_sublayer = name.endswith(("out_proj.weight", "down.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * LAYERS) if ends_sublayer else 0.02)

    def forward(self, ids, targets):
        x = self.tokens(ids) + self.places.weight
        for block in self.blocks:
            x = block(x)
        logits = F.linear(self.norm(x), self.tokens.weight)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def learning_rate(step, steps, highest):
    if step < WARM_UP:
        return highest * step / WARM_UP
    done = (step - WARM_UP) / max(1, steps - WARM_UP)
    return highest * (0.1 + 0.9 * (1 + math.cos(math.pi * done)) / 2)


@torch.inference_mode()
def held_out_loss(model, windows):
    """The mean over all places of windows of one token more than a block."""
    losses = [(model(some[:, :-1], some[:, 1:]).item(), len(some)) for some in windows.split(32)]
    return sum(loss * count for loss, count in losses) / len(windows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", type=Path)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--lr", type=float, default=3e-3, help="the highest; nanoGPT itself has 1e-3")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)

    text = args.text.read_text(encoding="utf-8")
    ids = {letter: number + SPECIAL_TOKENS for number, letter in enumerate(sorted(set(text)))}
    data = torch.tensor([ids[letter] for letter in text])
    cut = int(0.9 * len(data))
    training, held_out = data[:cut], data[cut:]
    windows = held_out.unfold(0, BLOCK + 1, BLOCK)
    some = windows[:: -(-len(windows) // 240)]

    model = Model(len(ids) + SPECIAL_TOKENS)
    matrices = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    vectors = [parameter for parameter in model.parameters() if parameter.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": DECAY}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.99), fused=True)
    every = -(-args.steps // 10)
    started = time.perf_counter()
    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, args.steps, args.lr)
        starts = torch.randint(len(training) - BLOCK, (ROWS, 1))
        rows = training[starts + torch.arange(BLOCK + 1)]
        loss = model(rows[:, :-1], rows[:, 1:])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), LONGEST_GRADIENT)
        optimizer.step()
        if (step + 1) % every == 0:
            held_out_loss(model, some)
    seconds = time.perf_counter() - started
    line = {
        "workload": "nanogpt",
        "impl": "torch-eager",
        "threads": args.threads,
        "steps": args.steps,
        "lr": args.lr,
        "seconds": round(seconds, 2),
        "held_out_loss": round(held_out_loss(model, windows), 4),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "seed": args.seed,
        "load1": round(os.getloadavg()[0], 2),
        "version": torch.__version__,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
