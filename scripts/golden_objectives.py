"""Golden cases of the objectives between ELECTRA and BERT, of embedding sharing and of LAMB: one file each, with the parameters in it.

Networks are transformers', in float64; what they have no class for (copy head, baseline, difference of tables, LAMB) is written out
here after the papers: K. Clark et al., "ELECTRA", 2020, sections 3.3 and 3.4 and appendix F; P. He et al., "DeBERTaV3", 2021, section
3.2; Y. You et al., "Large Batch Optimization", 2020, algorithm 2.

Samples are drawn as a function of the generator's output and of one uniform number a position (inversion of the cumulative
distribution), so that those of later updates follow from the parameters, as in training.
"""

import os
import random

import torch
from golden_cases import (
    FIRST_WORD, MASK, OPTIMIZER, PAD, Differentiated, compare, configuration, learning_rate, optimize,
    random_parameters, random_segments, save_golden)
from safetensors.torch import load_file
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, logsigmoid
from transformers import ElectraConfig, ElectraForMaskedLM, ElectraForPreTraining

SIZES = {
    "vocabulary": 61, "embedding": 6, "positions": 13, "length": 12, "sequences": [[4, 4], [3, 0], [2, 4], [1, 0]],
    "main": {"hidden": 12, "layers": 2, "heads": 3, "ffn": 20}, "generator": {"hidden": 6, "layers": 2, "heads": 2, "ffn": 10},
}
# Where the discriminator starts from the generator's weights, they have one size.
ONE_SIZE = SIZES | {"embedding": 12, "generator": SIZES["main"]}
CASES = {
    "golden-objective-mlm": {"objective": "mlm", "seed": 40},
    "golden-objective-masked-only": {"objective": "electra_masked_only", "seed": 41},
    "golden-objective-replace": {"objective": "replace_mlm", "seed": 42},
    "golden-objective-all-tokens": {"objective": "all_tokens_mlm", "seed": 43},
    "golden-objective-adversarial": {"objective": "adversarial", "seed": 44},
    "golden-objective-two-stage": {"objective": "two_stage", "sharing": "separate", "seed": 45, "sizes": ONE_SIZE},
    "golden-objective-separate": {"objective": "electra", "sharing": "separate", "seed": 46},
    "golden-objective-disentangled": {"objective": "electra", "sharing": "gradient_disentangled", "seed": 47},
    "golden-objective-frozen": {"objective": "electra", "sharing": "separate", "frozen": True, "seed": 48},
    "golden-objective-lamb": {"objective": "mlm", "optimizer": "lamb", "seed": 49},
}
TABLES = ("word_embeddings", "position_embeddings", "token_type_embeddings")
SWITCH_STEP = 2


class Networks(Differentiated):
    """Generator and main network of one objective."""

    loss = "output.total_loss"

    def __init__(self, case):
        self.case = case
        self.objective, self.sharing = case["objective"], case.get("sharing", "shared")
        sizes = case.get("sizes", SIZES)
        self.has_discriminator = self.objective not in ("mlm", "replace_mlm", "all_tokens_mlm")
        self.main_name = "discriminator" if self.has_discriminator else "encoder"
        kind = ElectraForPreTraining if self.has_discriminator else ElectraForMaskedLM
        self.main = self.network(kind, sizes, sizes["main"], sizes["embedding"])
        self.generator = self.copy = self.baseline = None
        if self.objective != "mlm":
            own = sizes["generator"]["hidden"] if self.sharing == "separate" else sizes["embedding"]
            self.generator = self.network(ElectraForMaskedLM, sizes, sizes["generator"], own)
        if self.objective == "all_tokens_mlm":
            self.copy = torch.nn.Linear(sizes["main"]["hidden"], 1).double()
        if self.objective == "adversarial":
            self.baseline = torch.nn.Linear(sizes["generator"]["hidden"], 1, bias=False).double()
        if self.generator is not None and self.sharing == "shared":
            self.generator.electra.embeddings = self.main.electra.embeddings
            self.generator.generator_lm_head.weight = self.main.electra.embeddings.word_embeddings.weight
            if not self.has_discriminator:
                self.main.generator_lm_head.weight = self.main.electra.embeddings.word_embeddings.weight
        self.differences = {}
        if self.sharing == "gradient_disentangled":
            for table in TABLES:
                module = getattr(self.main.electra.embeddings, table)
                self.differences[table] = module.weight
                del module._parameters["weight"]
        self.stage = 0

    @staticmethod
    def network(kind, case, sizes, embedding):
        config = ElectraConfig(**configuration(case | {"embedding": embedding}, sizes, kind.__name__))
        config._attn_implementation = "eager"
        return kind(config).double().eval()

    def parameters(self):
        """Every parameter once. What is shared bears the main network's name."""
        named = {f"{self.main_name}.{name}": p for name, p in self.main.named_parameters()}
        for table, p in self.differences.items():
            named[f"{self.main_name}.electra.embeddings.{table}.weight"] = p
        if self.generator is not None:
            for name, p in self.generator.named_parameters():
                if not (self.sharing == "shared" and name.startswith("electra.embeddings.")):
                    named[f"generator.{name}"] = p
        if self.copy is not None:
            named |= {f"encoder.copy.{name}": p for name, p in self.copy.named_parameters()}
        if self.baseline is not None:
            named |= {f"generator.baseline.{name}": p for name, p in self.baseline.named_parameters()}
        return {name: p for name, p in sorted(named.items()) if not name.endswith("generator_lm_head.weight")}

    def is_trained(self, name):
        if self.case.get("frozen"):
            return not name.startswith("generator.")
        if self.objective == "two_stage":
            return name.startswith("generator." if self.stage == 0 else "discriminator.")
        return True

    @torch.no_grad()
    def prepare(self, step):
        if self.objective != "two_stage":
            return
        self.stage = 0 if step < SWITCH_STEP else 1
        if step == SWITCH_STEP:
            self.main.electra.load_state_dict(self.generator.electra.state_dict())

    def forward(self, inputs):
        ids, masked = inputs["input.ids"].long(), inputs["input.masked_ids"].long()
        common = {
            "token_type_ids": inputs["input.token_type_ids"].long(),
            "attention_mask": inputs["input.attention_mask"].long(), "output_hidden_states": True}
        places = inputs["input.masked_positions"].long().unbind(1)
        for table, difference in self.differences.items():
            base = getattr(self.generator.electra.embeddings, table).weight.detach()
            getattr(self.main.electra.embeddings, table).weight = base + difference
        if self.objective == "mlm":
            logits = self.main(input_ids=masked, **common).logits[places]
            return self.outputs([(1, cross_entropy(logits, ids[places]))])

        generator = self.generator(input_ids=masked, **common)
        logits = generator.logits[places]
        mlm = cross_entropy(logits, ids[places])
        samples = self.sample(logits, inputs["input.uniforms"])
        corrupted = ids.clone()
        corrupted[places] = samples
        if self.objective == "two_stage" and self.stage == 0:
            return self.outputs([(1, mlm), (50, torch.zeros_like(mlm))])
        main = self.main(input_ids=corrupted, **common)
        if self.objective == "replace_mlm":
            return self.outputs([(1, mlm), (1, cross_entropy(main.logits[places], ids[places]))])
        real = common["attention_mask"] == 1
        if self.objective == "all_tokens_mlm":
            copied = self.copy(main.hidden_states[-1]).squeeze(-1).sigmoid()
            softmax = main.logits.softmax(-1).gather(-1, ids.unsqueeze(-1)).squeeze(-1)
            p = copied * (corrupted == ids) + (1 - copied) * softmax
            return self.outputs([(1, mlm), (1, -p[real].log().mean())])

        labels = (corrupted != ids).double()
        each = binary_cross_entropy_with_logits(main.logits, labels, reduction="none")
        rtd = each[places].mean() if self.objective == "electra_masked_only" else each[real].mean()
        if self.objective != "adversarial":
            if self.case.get("frozen") or self.objective == "two_stage":
                mlm = mlm.detach()
            return self.outputs([(1, mlm), (50, rtd)])
        reward = each[places].detach()
        guess = self.baseline(generator.hidden_states[-1][places].detach()).squeeze(-1)
        advantage = reward - -logsigmoid(guess.detach())
        policy = (advantage * cross_entropy(logits, samples, reduction="none")).mean()
        baseline = binary_cross_entropy_with_logits(guess, (-reward).exp())
        return self.outputs([(0, mlm.detach()), (50, rtd), (1, policy), (1, baseline)])

    @staticmethod
    def outputs(losses):
        return {
            "output.losses": torch.stack([loss for _, loss in losses]),
            "output.total_loss": sum(weight * loss for weight, loss in losses).reshape(1)}

    @staticmethod
    def sample(logits, uniforms):
        cumulative = logits.detach().softmax(-1).cumsum(-1)
        return torch.searchsorted(cumulative, uniforms.double().unsqueeze(-1)).squeeze(-1)


def random_inputs(case, source):
    rows, length = case["sequences"], case["length"]
    ids = torch.full((len(rows), length), PAD, dtype=torch.int32)
    types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    chosen = []
    for row, (a, b) in enumerate(rows):
        tokens, segments = random_segments(a, b, lambda: source.randrange(FIRST_WORD, case["vocabulary"]))
        end = len(tokens)
        ids[row, :end], types[row, :end], mask[row, :end] = tokens, segments, 1
        words = [t for t in range(end) if ids[row, t] >= FIRST_WORD]
        chosen += [(row, t) for t in sorted(source.sample(words, max(1, round(0.4 * end))))]
    masked = ids.clone()
    for row, t in chosen[1:]:
        masked[row, t] = MASK
    return {
        "input.ids": ids, "input.token_type_ids": types, "input.attention_mask": mask, "input.masked_ids": masked,
        "input.masked_positions": torch.tensor(chosen, dtype=torch.int32),
        "input.uniforms": torch.tensor([source.random() for _ in chosen], dtype=torch.float32)}


def lamb(networks, inputs, settings, row):
    """Algorithm 2 with corrected moments. Biases and norms have no decay, and move as with Adam."""
    parameters = networks.parameters()
    first = {name: torch.zeros_like(p) for name, p in parameters.items()}
    second = {name: torch.zeros_like(p) for name, p in parameters.items()}
    history = []
    for step in range(settings["steps"]):
        outputs, gradients, norm = networks.gradients(inputs)
        rate = learning_rate(step, settings)
        history.append(row(outputs, norm, rate))
        scale = settings["clip"] / max(norm, settings["clip"])
        with torch.no_grad():
            for name, p in parameters.items():
                g = gradients[name] * scale
                first[name] = 0.9 * first[name] + 0.1 * g
                second[name] = 0.999 * second[name] + 0.001 * g * g
                update = first[name] / (1 - 0.9 ** (step + 1)) / (
                    (second[name] / (1 - 0.999 ** (step + 1))).sqrt() + 1e-6)
                ratio = 1.0
                if "LayerNorm" not in name and "bias" not in name:
                    update = update + settings["weight_decay"] * p
                    ratio = (p.norm() / update.norm()).item()
                p -= rate * ratio * update
    return torch.tensor(history, dtype=torch.float64)


def compute(networks, inputs, settings):
    """Everything of a golden file that is not input. The parameters of `networks` are the trained ones afterwards."""
    networks.prepare(0)
    golden, gradients, norm = networks.gradients(inputs)
    golden["output.gradient_norm"] = torch.tensor([norm], dtype=torch.float64)
    golden |= {"gradient." + name: g.clone() for name, g in gradients.items() if networks.is_trained(name)}
    row = lambda outputs, norm, rate: [
        *outputs["output.losses"].tolist(), outputs["output.total_loss"].item(), norm, rate]
    if networks.case.get("optimizer") == "lamb":
        golden["optimizer.history"] = lamb(networks, inputs, settings, row)
    else:
        golden["optimizer.history"] = optimize(
            networks, inputs, settings, row, lambda name: float(networks.is_trained(name)), networks.prepare)
    return golden | {"optimizer.after." + name: p.detach().clone() for name, p in networks.parameters().items()}


def make(case, folder):
    source = random.Random(case["seed"])
    networks = Networks(case)
    start = random_parameters(networks, source)
    networks.set(start)
    inputs = random_inputs(case.get("sizes", SIZES), source)
    os.makedirs(folder, exist_ok=True)
    stored = inputs | {"parameter." + name: value for name, value in start.items()}
    save_golden(folder, compute(networks, inputs, OPTIMIZER), stored, {**case, "sizes": case.get("sizes", SIZES), "settings": OPTIMIZER})


def check(folder):
    networks = Networks(CASES[os.path.basename(os.path.normpath(folder))])
    stored = load_file(os.path.join(folder, "golden.safetensors"))
    networks.set({
        name.removeprefix("parameter."): value for name, value in stored.items() if name.startswith("parameter.")})
    return compare(folder, lambda inputs: compute(networks, inputs, OPTIMIZER))
