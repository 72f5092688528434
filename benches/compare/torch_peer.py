#!/usr/bin/env python3
"""The workloads of `jumok bench` in PyTorch eager mode: the same models, data shapes, optimiser and timing.

    python torch_peer.py WORKLOAD [--threads N] [--blocks N] [--block-seconds S] [--only WORD] [--bf16]

WORKLOAD is W1, W1b, W1d, tiny, W2, W2b, W3, W4, W5, W6, bert1, bert8, gpt2 or llama. Every measurement is one line of JSON on standard output with
the fields that `jumok bench` prints. Needs `pip install torch numpy`.
"""

import argparse
import contextlib
import json
import os
import resource
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

WARM_UP = 2


class Stopwatch:
    """Block means of milliseconds a call: `blocks` blocks of about `seconds` each, after a warm-up."""

    def __init__(self, blocks, seconds):
        self.blocks, self.seconds = blocks, seconds
        self.wait_pct = None

    def __call__(self, call):
        for _ in range(WARM_UP):
            call()
        one = self._run(call, WARM_UP)
        calls = max(1, -int(-self.seconds * 1e3 // one))
        waited, started = waiting_seconds(), time.perf_counter()
        samples = [self._run(call, calls) for _ in range(self.blocks)]
        threads_seconds = (time.perf_counter() - started) * torch.get_num_threads()
        self.wait_pct = round(100 * (waiting_seconds() - waited) / threads_seconds, 2)
        return samples

    @staticmethod
    def _run(call, calls):
        started = time.perf_counter()
        for _ in range(calls):
            call()
        return (time.perf_counter() - started) * 1e3 / calls


def waiting_seconds():
    """How long this process's threads have been ready to run without running; 0 where the system does not tell."""
    total = 0
    with contextlib.suppress(OSError):
        for thread in os.listdir("/proc/self/task"):
            with contextlib.suppress(OSError), open(f"/proc/self/task/{thread}/schedstat") as file:
                total += int(file.read().split()[1])
    return total / 1e9


def report(workload, samples, stopwatch, tokens=0, losses=(None, None), multiply_adds=None, **more):
    median = statistics.median(samples)
    rounded = lambda value, digits=4: None if value is None else round(value, digits)
    line = {
        "workload": workload,
        "impl": "torch-eager",
        "threads": torch.get_num_threads(),
        "ms_per_step_median": rounded(median),
        "min": rounded(min(samples)),
        "max": rounded(max(samples)),
        "tokens_per_s": rounded(tokens / median * 1e3, 1),
        "peak_rss_mb": rounded(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "loss_first": rounded(losses[0]),
        "loss_last": rounded(losses[1]),
        "load1": rounded(os.getloadavg()[0], 2),
        "wait_pct": stopwatch.wait_pct,
        "version": torch.__version__,
    }
    if multiply_adds:
        line["gflops"] = rounded(2 * multiply_adds / median / 1e6, 2)
    print(json.dumps(line | more), flush=True)


class Layer(nn.Module):
    """A Transformer layer with one projection for query, key and value, and PyTorch's fused attention."""

    def __init__(self, width, heads, *, causal, norm_first, bias, dropout=0.0):
        super().__init__()
        self.heads, self.causal, self.norm_first, self.dropout = heads, causal, norm_first, dropout
        self.in_proj = nn.Linear(width, 3 * width, bias=bias)
        self.out_proj = nn.Linear(width, width, bias=bias)
        self.linear1 = nn.Linear(width, 4 * width, bias=bias)
        self.linear2 = nn.Linear(4 * width, width, bias=bias)
        self.norm1 = nn.LayerNorm(width, bias=bias)
        self.norm2 = nn.LayerNorm(width, bias=bias)

    def attend(self, x):
        batch, length, width = x.shape
        heads = self.in_proj(x).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        dropout = self.dropout if self.training else 0.0
        context = F.scaled_dot_product_attention(query, key, value, is_causal=self.causal, dropout_p=dropout)
        return self.out_proj(context.transpose(1, 2).reshape(batch, length, width))

    def work(self, x):
        return self.linear2(F.gelu(self.linear1(x)))

    def forward(self, x):
        # A dropout of 0 would still cost an operation.
        drop = (lambda y: F.dropout(y, self.dropout, self.training)) if self.dropout else (lambda y: y)
        if self.norm_first:
            x = x + drop(self.attend(self.norm1(x)))
            return x + drop(self.work(self.norm2(x)))
        x = self.norm1(x + drop(self.attend(x)))
        return self.norm2(x + drop(self.work(x)))


def draw_weights(model):
    """N(0, 0.02) for matrices, 0 for biases, 1 for norms."""
    for name, parameter in model.named_parameters():
        with torch.no_grad():
            if parameter.dim() > 1:
                parameter.normal_(0.0, 0.02)
            elif name.endswith("bias"):
                parameter.zero_()


class Bert(nn.Module):
    """BERT; with `heads_on_top` the pre-training loss, without them the last hidden state and the pooled [CLS]."""

    def __init__(self, vocab, width, layers, heads, length, dropout=0.0, heads_on_top=True):
        super().__init__()
        self.words, self.places = nn.Embedding(vocab, width), nn.Embedding(length, width)
        self.segments, self.norm = nn.Embedding(2, width), nn.LayerNorm(width)
        self.dropout = dropout
        self.layers = nn.ModuleList(
            Layer(width, heads, causal=False, norm_first=False, bias=True, dropout=dropout) for _ in range(layers)
        )
        self.pooler = nn.Linear(width, width)
        if heads_on_top:
            self.transform, self.transform_norm = nn.Linear(width, width), nn.LayerNorm(width)
            self.word_bias = nn.Parameter(torch.zeros(vocab))
            self.relation = nn.Linear(width, 2)
        draw_weights(self)

    def encode(self, ids, segments):
        x = self.norm(self.words(ids) + self.segments(segments) + self.places.weight[: ids.shape[1]])
        if self.dropout:
            x = F.dropout(x, self.dropout, self.training)
        for layer in self.layers:
            x = layer(x)
        return x, torch.tanh(self.pooler(x[:, 0]))

    def forward(self, ids, segments, positions, words, relations):
        hidden, pooled = self.encode(ids, segments)
        masked = hidden.flatten(0, 1).index_select(0, positions)
        masked = self.transform_norm(F.gelu(self.transform(masked)))
        logits = F.linear(masked, self.words.weight, self.word_bias)
        return F.cross_entropy(logits, words) + F.cross_entropy(self.relation(pooled), relations)


class Gpt(nn.Module):
    """A GPT without biases, its head tied to the embeddings; gives the loss."""

    def __init__(self, vocab, width, layers, heads, length):
        super().__init__()
        self.words, self.places = nn.Embedding(vocab, width), nn.Embedding(length, width)
        self.layers = nn.ModuleList(
            Layer(width, heads, causal=True, norm_first=True, bias=False) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width, bias=False)
        draw_weights(self)

    def forward(self, ids, targets):
        x = self.words(ids) + self.places.weight[: ids.shape[1]]
        for layer in self.layers:
            x = layer(x)
        logits = F.linear(self.norm(x), self.words.weight)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


class Translator(nn.Module):
    """A bidirectional GRU reads; a GRU writes whose previous state asks by an additive score, whose input is word and context,
    and whose output layer runs once over all steps. Gives the loss."""

    def __init__(self, vocab, width):
        super().__init__()
        self.source, self.target = nn.Embedding(vocab, width), nn.Embedding(vocab, width)
        self.first_state = nn.Linear(2 * width, width)
        self.key, self.query = nn.Linear(2 * width, width, bias=False), nn.Linear(width, width)
        self.score = nn.Linear(width, 1, bias=False)
        self.mix, self.out = nn.Linear(4 * width, width), nn.Linear(width, vocab)
        draw_weights(self)
        # Cells keep PyTorch's own initial weights.
        self.encoder = nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.decoder = nn.GRUCell(3 * width, width)

    def forward(self, source, fed, answers):
        annotations, last = self.encoder(self.source(source))
        state = torch.tanh(self.first_state(torch.cat([last[0], last[1]], dim=1)))
        keys, words = self.key(annotations), self.target(fed)
        states, contexts = [], []
        for word in words.unbind(1):
            scores = self.score(torch.tanh(keys + self.query(state)[:, None])).squeeze(2)
            context = torch.bmm(scores.softmax(1)[:, None], annotations).squeeze(1)
            state = self.decoder(torch.cat([word, context], dim=1), state)
            states.append(state)
            contexts.append(context)
        seen = torch.cat([torch.stack(states, 1), torch.stack(contexts, 1), words], dim=2)
        logits = self.out(torch.tanh(self.mix(seen)))
        return F.cross_entropy(logits.flatten(0, 1), answers.flatten())


class CrossAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.keys_values = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x, memory):
        batch, length, width = x.shape
        apart = lambda y, parts: y.view(batch, y.shape[1], parts, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        (query,), (key, value) = apart(self.query(x), 1), apart(self.keys_values(memory), 2)
        context = F.scaled_dot_product_attention(query, key, value)
        return self.out_proj(context.transpose(1, 2).reshape(batch, length, width))


class DecoderLayer(Layer):
    """A layer behind whose self-attention another looks at the memory."""

    def __init__(self, width, heads):
        super().__init__(width, heads, causal=True, norm_first=False, bias=True)
        self.cross, self.norm3 = CrossAttention(width, heads), nn.LayerNorm(width)

    def work(self, x):
        return self.linear2(F.relu(self.linear1(x)))

    def forward(self, x, memory):
        x = self.norm1(x + self.attend(x))
        x = self.norm2(x + self.cross(x, memory))
        return self.norm3(x + self.work(x))


class ReluLayer(Layer):
    def work(self, x):
        return self.linear2(F.relu(self.linear1(x)))


class Transformer(nn.Module):
    """The encoder-decoder of the paper: post-norm, ReLU, waves for positions, one table for source, target and output."""

    def __init__(self, vocab, width, layers, heads, length):
        super().__init__()
        self.words = nn.Embedding(vocab, width)
        self.encoder = nn.ModuleList(
            ReluLayer(width, heads, causal=False, norm_first=False, bias=True) for _ in range(layers)
        )
        self.decoder = nn.ModuleList(DecoderLayer(width, heads) for _ in range(layers))
        angles = torch.arange(length)[:, None] / 10000 ** (torch.arange(0, width, 2) / width)
        self.register_buffer("places", torch.stack([angles.sin(), angles.cos()], 2).flatten(1))
        draw_weights(self)

    def embed(self, ids):
        return self.words(ids) * self.words.embedding_dim**0.5 + self.places[: ids.shape[1]]

    def forward(self, source, fed, answers):
        memory, x = self.embed(source), self.embed(fed)
        for layer in self.encoder:
            memory = layer(memory)
        for layer in self.decoder:
            x = layer(x, memory)
        return F.cross_entropy(F.linear(x, self.words.weight).flatten(0, 1), answers.flatten())


# workload: vocabulary, width, layers, heads, length, batch, masked positions of a sequence, dropout
BERTS = {
    "W1": (8192, 128, 2, 2, 128, 32, 19, 0.0),
    "W1b": (8192, 256, 4, 4, 128, 32, 19, 0.0),
    "W1d": (8192, 128, 2, 2, 128, 32, 19, 0.1),
    "tiny": (1000, 32, 2, 2, 16, 8, 2, 0.0),
}
# workload: vocabulary, width, layers, heads, length, batch
GPTS = {"W2": (65, 128, 4, 4, 64, 12), "W2b": (65, 384, 6, 6, 256, 16)}
# workload: vocabulary, width, length of both sides, batch
TRANSLATORS = {"W3": (4096, 256, 20, 64)}
# workload: vocabulary, width, layers of each side, heads, length of both sides, batch
TRANSFORMERS = {"W4": (8192, 256, 3, 8, 32, 32)}


def bert_batch(numbers, vocab, length, batch, masked):
    draw = lambda below, *shape: torch.randint(0, below, shape, generator=numbers)
    rows = torch.stack([torch.randperm(length, generator=numbers)[:masked].sort().values for _ in range(batch)])
    segments = (torch.arange(length) >= draw(length, batch, 1)).long()
    positions = (rows + length * torch.arange(batch)[:, None]).flatten()
    return draw(vocab, batch, length), segments, positions, draw(vocab, batch * masked), draw(2, batch)


def train(workload, stopwatch, bf16):
    numbers = torch.Generator().manual_seed(1234)
    if workload in BERTS:
        vocab, width, layers, heads, length, batch, masked, dropout = BERTS[workload]
        model = Bert(vocab, width, layers, heads, length, dropout)
        batches = [bert_batch(numbers, vocab, length, batch, masked) for _ in range(4)]
    elif workload in TRANSLATORS:
        vocab, width, length, batch = TRANSLATORS[workload]
        model = Translator(vocab, width)
        draw = lambda: torch.randint(0, vocab, (batch, length), generator=numbers)
        batches = [(draw(), draw(), draw()) for _ in range(4)]
    elif workload in TRANSFORMERS:
        vocab, width, layers, heads, length, batch = TRANSFORMERS[workload]
        model = Transformer(vocab, width, layers, heads, length)
        draw = lambda: torch.randint(0, vocab, (batch, length), generator=numbers)
        batches = [(draw(), draw(), draw()) for _ in range(4)]
    else:
        vocab, width, layers, heads, length, batch = GPTS[workload]
        model = Gpt(vocab, width, layers, heads, length)
        draw = lambda: torch.randint(0, vocab, (batch, length), generator=numbers)
        batches = [(draw(), draw()) for _ in range(4)]
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    precision = torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext()
    last = {"number": 0}

    def step():
        with precision:
            loss = model(*batches[last["number"] % len(batches)])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        last.update(number=last["number"] + 1, loss=loss)

    step()
    first = last["loss"].item()
    samples = stopwatch(step)
    losses = (first, last["loss"].item())
    more = {"params": sum(parameter.numel() for parameter in model.parameters())}
    if bf16:
        more["precision"] = "bf16"
    report(workload, samples, stopwatch, batch * length, losses, **more)


def infer(batch, stopwatch):
    length = 128
    model = Bert(30522, 768, 12, 12, 512, heads_on_top=False).eval()
    ids, segments = torch.randint(0, 30522, (batch, length)), torch.zeros(batch, length, dtype=torch.long)
    with torch.inference_mode():
        samples = stopwatch(lambda: model.encode(ids, segments))
    params = sum(parameter.numel() for parameter in model.parameters())
    report(f"W7 bert-base b{batch} s{length}", samples, stopwatch, batch * length, params=params)


class CachedLayer(nn.Module):
    """A decoder layer that keeps keys and values in room made before; LLaMA's with `llama`, else GPT-2's."""

    def __init__(self, width, heads, key_heads, inner, llama, room):
        super().__init__()
        self.heads, self.key_heads, self.head_width, self.llama = heads, key_heads, width // heads, llama
        norm = (lambda: nn.RMSNorm(width, eps=1e-5)) if llama else (lambda: nn.LayerNorm(width))
        self.norm1, self.norm2 = norm(), norm()
        self.in_proj = nn.Linear(width, (heads + 2 * key_heads) * self.head_width, bias=not llama)
        self.out_proj = nn.Linear(width, width, bias=not llama)
        self.linear1 = nn.Linear(width, (2 if llama else 1) * inner, bias=not llama)
        self.linear2 = nn.Linear(inner, width, bias=not llama)
        self.keys, self.values = (torch.zeros(1, key_heads, room, self.head_width) for _ in range(2))

    def turned(self, x, cos, sin):
        first, second = x.chunk(2, -1)
        return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)

    def forward(self, x, start, angles):
        length = x.shape[1]
        heads = self.in_proj(self.norm1(x)).view(1, length, -1, self.head_width).transpose(1, 2)
        query, key, value = heads.split([self.heads, self.key_heads, self.key_heads], 1)
        if self.llama:
            query, key = self.turned(query, *angles), self.turned(key, *angles)
        end = start + length
        self.keys[:, :, start:end], self.values[:, :, start:end] = key, value
        context = F.scaled_dot_product_attention(
            query, self.keys[:, :, :end], self.values[:, :, :end], is_causal=length > 1,
            enable_gqa=self.heads != self.key_heads,
        )  # fmt: skip
        x = x + self.out_proj(context.transpose(1, 2).reshape(1, length, -1))
        hidden = self.linear1(self.norm2(x))
        if self.llama:
            gate, up = hidden.chunk(2, -1)
            return x + self.linear2(F.silu(gate) * up)
        return x + self.linear2(F.gelu(hidden, approximate="tanh"))


class Decoder(nn.Module):
    """Reads tokens behind those of earlier calls; the logits of the last."""

    def __init__(self, vocab, width, layers, heads, key_heads, inner, llama, room=1024):
        super().__init__()
        self.tokens = nn.Embedding(vocab, width)
        self.places = None if llama else nn.Embedding(room, width)
        self.layers = nn.ModuleList(CachedLayer(width, heads, key_heads, inner, llama, room) for _ in range(layers))
        self.norm = nn.RMSNorm(width, eps=1e-5) if llama else nn.LayerNorm(width)
        self.head = nn.Linear(width, vocab, bias=False)
        if not llama:
            self.head.weight = self.tokens.weight
        half = width // heads // 2
        angles = torch.arange(room)[:, None] * 10000.0 ** (-torch.arange(half) / half)
        self.cos, self.sin = angles.cos(), angles.sin()

    def forward(self, ids, start):
        end = start + ids.shape[1]
        x = self.tokens(ids)
        if self.places is not None:
            x = x + self.places.weight[start:end]
        for layer in self.layers:
            x = layer(x, start, (self.cos[start:end], self.sin[start:end]))
        return self.head(self.norm(x[:, -1]))


DECODERS = {
    "gpt2": (50257, 768, 12, 12, 12, 3072, False),
    "llama": (32000, 512, 8, 8, 4, 1376, True),
}


def decode(workload, stopwatch):
    prompt_length, new = 32, 64
    model = Decoder(*DECODERS[workload]).eval()
    prompt, prefills = torch.randint(0, 1000, (1, prompt_length)), []

    def text():
        started = time.perf_counter()
        ids = model(prompt, 0).argmax(-1, keepdim=True)
        prefills.append((time.perf_counter() - started) * 1e3)
        for step in range(new - 1):
            ids = model(ids, prompt_length + step).argmax(-1, keepdim=True)

    with torch.inference_mode():
        samples = stopwatch(text)
    prefill = statistics.median(prefills)
    params = sum(parameter.numel() for parameter in model.parameters())
    token = (statistics.median(samples) - prefill) / (new - 1)
    more = {"prefill_ms": round(prefill, 2), "decode_ms_per_token": round(token, 3)}
    report(f"W7 {workload} decode {prompt_length}+{new}", samples, stopwatch, new, params=params, **more)


def leaf(*shape):
    return torch.randn(*shape, requires_grad=True)


def forward_and_backward(forward, *leaves):
    upstream = torch.randn_like(forward())

    def call():
        forward().backward(upstream)
        for tensor in leaves:
            tensor.grad = None

    return call


def attention():
    """Name, multiply-adds and call of every case of W5."""
    for length in (256, 1024):
        for causal in (False, True):
            # Two products forward, five backward.
            multiply_adds = 7 * 8 * 8 * length * length * 64 // (2 if causal else 1)

            def prepare(length=length, causal=causal):
                q, k, v = (leaf(8, 8, length, 64) for _ in range(3))
                attend = lambda: F.scaled_dot_product_attention(q, k, v, is_causal=causal)
                return forward_and_backward(attend, q, k, v)

            yield f"W5 attention T={length} causal={int(causal)} fwd+bwd", multiply_adds, prepare


def operations():
    """Name, multiply-adds and call of every case of W6."""

    def product(m, k, n, a_transposed=False, b_transposed=False):
        def prepare():
            a = torch.randn(k, m).t() if a_transposed else torch.randn(m, k)
            b = torch.randn(n, k).t() if b_transposed else torch.randn(k, n)
            out = torch.empty(m, n)
            return lambda: torch.mm(a, b, out=out)

        return m * k * n, prepare

    for n in (128, 256, 512, 1024, 2048):
        yield (f"sgemm {n}", *product(n, n, n))
    yield ("W1 qkv fwd 4096x128x384 NT", *product(4096, 128, 384, b_transposed=True))
    yield ("W1 up fwd 4096x128x512 NT", *product(4096, 128, 512, b_transposed=True))
    yield ("W1 down fwd 4096x512x128 NT", *product(4096, 512, 128, b_transposed=True))
    yield ("W1 up dW 512x4096x128 TN", *product(512, 4096, 128, a_transposed=True))
    yield ("W1 head fwd 608x128x8192 NT", *product(608, 128, 8192, b_transposed=True))
    yield ("W1 head dW 8192x608x128 TN", *product(8192, 608, 128, a_transposed=True))
    yield ("W1 head dX 608x8192x128 NN", *product(608, 8192, 128))

    def batched():
        a, b, out = torch.randn(64, 128, 64), torch.randn(64, 64, 128), torch.empty(64, 128, 128)
        return lambda: torch.bmm(a, b, out=out)

    yield "bmm 64x(128x64x128)", 64 * 128 * 64 * 128, batched

    def unary(shape, function):
        def prepare():
            x = leaf(*shape)
            return forward_and_backward(lambda: function(x), x)

        return None, prepare

    def layer_norm():
        x, weight, bias = leaf(4096, 256), torch.ones(256, requires_grad=True), torch.zeros(256, requires_grad=True)
        return forward_and_backward(lambda: F.layer_norm(x, (256,), weight, bias), x, weight, bias)

    def cross_entropy():
        logits, targets = leaf(1024, 8192), torch.randint(0, 8192, (1024,))
        return forward_and_backward(lambda: F.cross_entropy(logits, targets), logits)

    def embedding():
        table, ids = leaf(8192, 256), torch.randint(0, 8192, (4096,))
        return forward_and_backward(lambda: F.embedding(ids, table), table)

    def adamw():
        parameters = [leaf(512, 512) for _ in range(16)]
        for parameter in parameters:
            parameter.grad = torch.randn_like(parameter)
        return torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.01, fused=True).step

    yield ("softmax 4096x512 fwd+bwd", *unary((4096, 512), lambda x: F.softmax(x, -1)))
    yield "layernorm 4096x256 fwd+bwd", None, layer_norm
    yield ("gelu 4096x1024 fwd+bwd", *unary((4096, 1024), F.gelu))
    yield ("gelu-tanh 4096x1024 fwd+bwd", *unary((4096, 1024), lambda x: F.gelu(x, approximate="tanh")))
    yield "cross-entropy 1024x8192 fwd+bwd", None, cross_entropy
    yield "embedding 8192x256, 4096 ids fwd+bwd", None, embedding
    yield "adamw 4M params", None, adamw


def main():
    workloads = [*BERTS, *GPTS, *TRANSLATORS, *TRANSFORMERS, "W5", "W6", "bert1", "bert8", *DECODERS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workload", choices=workloads)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--blocks", type=int, default=int(os.environ.get("BLOCKS", 5)))
    parser.add_argument("--block-seconds", type=float, default=float(os.environ.get("BLOCK_S", 1.0)))
    parser.add_argument("--only", help="of W5 or W6, only what has this in its name")
    parser.add_argument("--bf16", action="store_true", help="train under autocast to bfloat16")
    args = parser.parse_args()
    trains = args.workload in {**BERTS, **GPTS, **TRANSLATORS, **TRANSFORMERS}
    if args.only and args.workload not in ("W5", "W6"):
        parser.error(f"--only: {args.workload} is a single measurement")
    if args.bf16 and not trains:
        parser.error(f"--bf16: {args.workload} does not train")
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    stopwatch = Stopwatch(args.blocks, args.block_seconds)
    if trains:
        train(args.workload, stopwatch, args.bf16)
    elif args.workload in DECODERS:
        decode(args.workload, stopwatch)
    elif args.workload.startswith("bert"):
        infer(int(args.workload[4:]), stopwatch)
    else:
        for name, multiply_adds, prepare in attention() if args.workload == "W5" else operations():
            if not args.only or args.only in name:
                report(name, stopwatch(prepare()), stopwatch, multiply_adds=multiply_adds)


main()
