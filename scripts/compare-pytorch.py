"""Training steps of ELECTRA a second: `electra-dist benchmark` against Hugging Face transformers and PyTorch.

Usage: compare-pytorch.py PROGRAM [options]

Both do the same: full sequences of random tokens, 15 % masked, the language-model head at masked positions only, samples, the
discriminator, dropout, the backward pass, clipping, AdamW. PyTorch runs as it is installed and, unless --quick, with the best of its settings, with
threads and with processes (DDP over gloo), found in a short trial: eager or compiled, and on AMD processors with and without
the preload that makes MKL use AVX-512 there. Both run in turn; ratios are taken pair by pair, and printed as they come.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

VOCABULARY = 30522
SIZES = {  # embedding, hidden, layers, heads, feed-forward; generator hidden, layers, heads, feed-forward
    "small": ((128, 256, 12, 4, 1024), (64, 12, 1, 256)),
    "base": ((768, 768, 12, 12, 3072), (256, 12, 4, 1024)),
}


# ---- The worker: one setting of PyTorch, in a process of its own


def networks(preset, length):
    from transformers import ElectraConfig, ElectraForMaskedLM, ElectraForPreTraining

    (embedding, hidden, layers, heads, inner), generator_sizes = SIZES[preset]

    def configuration(hidden, layers, heads, inner):
        return ElectraConfig(
            vocab_size=VOCABULARY, embedding_size=embedding, hidden_size=hidden, num_hidden_layers=layers,
            num_attention_heads=heads, intermediate_size=inner, max_position_embeddings=max(512, length))

    discriminator = ElectraForPreTraining(configuration(hidden, layers, heads, inner))
    generator = ElectraForMaskedLM(configuration(*generator_sizes))
    generator.electra.embeddings = discriminator.electra.embeddings
    generator.generator_lm_head.weight = discriminator.electra.embeddings.word_embeddings.weight
    return generator, discriminator


def pair(preset, length):
    import torch
    from torch.nn import functional

    class Pair(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.generator, self.discriminator = networks(preset, length)

        def forward(self, ids, positions):
            masked = ids.scatter(1, positions, 103)
            hidden = self.generator.electra(masked).last_hidden_state
            chosen = hidden.gather(1, positions.unsqueeze(-1).expand(-1, -1, hidden.shape[-1]))
            logits = self.generator.generator_lm_head(self.generator.generator_predictions(chosen)).float()
            originals = ids.gather(1, positions)
            mlm = functional.cross_entropy(logits.flatten(0, 1), originals.flatten())
            with torch.no_grad():
                samples = (logits.softmax(-1) / torch.empty_like(logits).exponential_()).argmax(-1)
            corrupted = ids.scatter(1, positions, samples)
            found = self.discriminator(corrupted).logits.float()
            return mlm + 50 * functional.binary_cross_entropy_with_logits(found, (corrupted != ids).float())

    return Pair()


def worker(arguments):
    """Prints the seconds of each measured step."""
    import torch

    rank, ranks = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    torch.set_num_threads(max(1, arguments.threads // ranks))
    torch.manual_seed(rank)
    model = pair(arguments.preset, arguments.length).train()
    step_model = model
    if ranks > 1:
        torch.distributed.init_process_group("gloo")
        step_model = torch.nn.parallel.DistributedDataParallel(model)
    if arguments.compiled:
        step_model = torch.compile(step_model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01, fused=True)
    batch, length = arguments.batch // ranks, arguments.length
    masked = round(0.15 * length)
    seconds = []
    for step in range(arguments.steps + 2):
        ids = torch.randint(1000, VOCABULARY, (batch, length))
        positions = torch.rand(batch, length - 2).topk(masked).indices + 1
        start = time.monotonic()
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.precision == "bf16"):
            loss = step_model(ids, positions)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step >= 2:
            seconds.append(time.monotonic() - start)
    if rank == 0:
        import resource

        print(json.dumps({"seconds": seconds, "resident": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


# ---- The comparison


def pytorch(arguments, setting, steps, preload):
    """Tokens a second and resident bytes of one setting; None where it does not run."""
    command = [sys.executable]
    if setting["processes"] > 1:
        command += ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={setting['processes']}"]
    command += [__file__, "--worker", "--preset", arguments.preset, "--batch", str(arguments.batch)]
    command += ["--length", str(arguments.length), "--threads", str(arguments.threads), "--steps", str(steps)]
    command += ["--precision", setting["precision"]] + (["--compiled"] if setting["compiled"] else [])
    environment = dict(os.environ, OMP_NUM_THREADS=str(max(1, arguments.threads // setting["processes"])))
    if setting["preload"]:
        environment["LD_PRELOAD"] = preload
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = [line for line in result.stdout.splitlines() if line.startswith("{")]
    if result.returncode != 0 or not lines:
        return None
    measured = json.loads(lines[-1])
    return arguments.batch * arguments.length / statistics.median(measured["seconds"]), measured["resident"]


def ours(arguments, precision, steps):
    command = [arguments.program, "benchmark", "--json", "--preset", arguments.preset, "--batch", str(arguments.batch)]
    command += ["--max-length", str(arguments.length), "--threads", str(arguments.threads), "--steps", str(steps)]
    command += ["--precision", precision]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    report = json.loads(result.stdout) if result.returncode == 0 else {}
    # Without bf16 instructions it goes on in f32.
    return report if report.get("precision") == precision else None


def make_preload(folder):
    """Makes MKL believe that the processor is Intel's; None where that changes nothing."""
    with open("/proc/cpuinfo") as file:
        text = file.read()
    if "AuthenticAMD" not in text or "avx512f" not in text:
        return None
    source, library = os.path.join(folder, "mkl.c"), os.path.join(folder, "mkl.so")
    with open(source, "w") as file:
        file.write("int mkl_serv_intel_cpu_true(void) { return 1; }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    return library


def name(setting):
    words = ["compiled" if setting["compiled"] else "eager"]
    words += [f"{setting['processes']} processes"] if setting["processes"] > 1 else []
    return ", ".join(words + (["MKL preload"] if setting["preload"] else []))


def as_installed(precision):
    return {"precision": precision, "compiled": False, "processes": 1, "preload": False}


def best_settings(arguments, precision, preload):
    """The quickest settings with threads and with processes in a trial of a few steps."""
    trials = []
    for compiled in [False, True]:
        for processes in [1, arguments.threads] if arguments.threads > 1 else [1]:
            for preloaded in [False, True] if preload and precision == "f32" else [False]:
                setting = {"precision": precision, "compiled": compiled, "processes": processes, "preload": preloaded}
                measured = pytorch(arguments, setting, 2, preload)
                print(f"  trial: PyTorch {precision}, {name(setting)}: " + (f"{measured[0]:.0f} tokens/s" if measured else "does not run"))
                if measured:
                    trials.append((measured[0], setting))
    chosen = []
    for label, is_wanted in [("threads", lambda processes: processes == 1), ("processes", lambda processes: processes > 1)]:
        wanted = [trial for trial in trials if is_wanted(trial[1]["processes"])]
        if wanted:
            chosen.append((f"best with {label}", max(wanted, key=lambda trial: trial[0])[1]))
    return chosen


def compare(arguments, precision, preload):
    """Rows of the table, one for each setting of PyTorch that was chosen."""
    if ours(arguments, precision, 1) is None:
        print(f"  electra-dist does not run {precision} here")
        return []
    rows = [row(arguments, precision, preload, "as installed", as_installed(precision))]
    for label, setting in [] if arguments.quick else best_settings(arguments, precision, preload):
        if setting != rows[0]["setting"]:
            rows.append(row(arguments, precision, preload, label, setting))
    return rows


def row(arguments, precision, preload, label, setting):
    pairs, utilisation, resident = [], [], []
    for _ in range(arguments.rounds):
        mine, theirs = ours(arguments, precision, arguments.steps), pytorch(arguments, setting, arguments.steps, preload)
        pairs.append((mine["tokens_per_second"], theirs[0]))
        print(
            f"  {precision}: {pairs[-1][0]:.0f} tokens/s, PyTorch {label} ({name(setting)}) {pairs[-1][1]:.0f}: "
            f"{pairs[-1][0] / pairs[-1][1]:.2f} times", flush=True)
        utilisation.append(mine["utilisation"])
        resident.append((mine["resident_bytes"], theirs[1]))
    return {
        "precision": precision, "pytorch": f"{label}: {name(setting)}", "setting": setting, "pairs": pairs,
        "ours": statistics.median(pair[0] for pair in pairs), "theirs": statistics.median(pair[1] for pair in pairs),
        "ratio": statistics.median(pair[0] / pair[1] for pair in pairs),
        "lowest": min(pair[0] / pair[1] for pair in pairs), "highest": max(pair[0] / pair[1] for pair in pairs),
        "utilisation": statistics.median(utilisation),
        "resident": [statistics.median(column) for column in zip(*resident)]}


def main():
    # Libraries choose their kernels for themselves, on both sides.
    for variable in ["OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"]:
        os.environ.pop(variable, None)
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", nargs="?")
    parser.add_argument("--preset", choices=SIZES, default="small")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--precision", nargs="+", choices=["f32", "bf16"], default=["f32", "bf16"], help="in the order that they are compared in")
    parser.add_argument("--quick", action="store_true", help="PyTorch as it is installed, and nothing else")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--compiled", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        arguments.precision = arguments.precision[0]
        return worker(arguments)
    with tempfile.TemporaryDirectory() as folder:
        preload = make_preload(folder)
        rows = [row for precision in arguments.precision for row in compare(arguments, precision, preload)]
    print(f"preset {arguments.preset}, batch {arguments.batch}, length {arguments.length}, {arguments.threads} threads; medians of {arguments.rounds} rounds")
    print("precision  ours tok/s  PyTorch tok/s  ratio (lowest to highest)  of product rate  resident MB  PyTorch")
    for row in rows:
        print(
            f"{row['precision']:9}  {row['ours']:10.0f}  {row['theirs']:13.0f}  {row['ratio']:5.2f} ({row['lowest']:.2f} to {row['highest']:.2f})"
            f"          {100 * row['utilisation']:14.0f} %  {row['resident'][0] / 1e6:5.0f} {row['resident'][1] / 1e6:5.0f}  {row['pytorch']}")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(rows, file, indent=2)


main()
