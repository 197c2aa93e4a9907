"""Language models of DNA, of `transformers`, with the tokenizers that they are published with."""

import itertools

import torch
from torch import nn

from structure import Structure

LAYERS = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48)


def vocabulary(special, k, singles):
    """The words of a tokenizer, and the text of its file."""
    words = special + ["".join(word) for word in itertools.product("ATCG", repeat=k)] + (list("ATCGN") if singles else [])
    return {word: number for number, word in enumerate(words)}, "".join(f"{word}\n" for word in words)


# `vocab.txt` of the Nucleotide Transformer begins so; its words are those of three bases here, not of six.
NT_WORDS, NT_TEXT = vocabulary(["<unk>", "<pad>", "<mask>", "<cls>", "<eos>", "<bos>"], 3, True)
BERT_WORDS, BERT_TEXT = vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], 3, False)


def words_of(texts, k, step, known, start=(), end=()):
    rows = []
    for text in texts:
        starts = range(0, len(text) - k + 1, step)
        words = [text[at : at + k] for at in starts]
        rest = list(text[starts[-1] + k :]) if step == k else []
        rows.append([known[word] for word in [*start, *words, *rest, *end]])
    return torch.tensor(rows)


class Logits(nn.Module):
    """The model's logits of all tokens or its last states, of tokens and a mask of them."""

    def __init__(self, model, output="logits", masked=True):
        super().__init__()
        self.model, self.output, self.masked = model, output, masked

    def forward(self, tokens, mask=None):
        further = {"attention_mask": mask} if self.masked else {}
        return getattr(self.model(input_ids=tokens, **further), self.output)


class Gated(nn.Module):
    """The dense part of the second Nucleotide Transformer: half of the features gate the others, without biases."""

    def __init__(self, channels, inner):
        super().__init__()
        self.both = nn.Linear(channels, 2 * inner, bias=False)

    def forward(self, x):
        gate, value = self.both(x).chunk(2, -1)
        return nn.functional.silu(gate) * value


def esm(second=False, masked=True, attention="eager"):
    from transformers import EsmConfig, EsmForMaskedLM

    kind = "rotary" if second else "absolute"
    made = EsmForMaskedLM(EsmConfig(
        **LAYERS, vocab_size=len(NT_WORDS), pad_token_id=1, mask_token_id=2, position_embedding_type=kind, max_position_embeddings=100,
        token_dropout=not second, emb_layer_norm_before=False, attn_implementation=attention,
    ))
    if second:
        for layer in made.esm.encoder.layer:
            layer.intermediate = Gated(24, 48)
    return Logits(made, masked=masked)


def esm_states():
    from transformers import EsmConfig, EsmModel

    made = EsmModel(EsmConfig(**LAYERS, vocab_size=len(NT_WORDS), pad_token_id=1, mask_token_id=2, max_position_embeddings=100), add_pooling_layer=False)
    return Logits(made, "last_hidden_state")


def bert(attention="eager"):
    from transformers import BertConfig, BertModel

    made = BertModel(BertConfig(**LAYERS, vocab_size=len(BERT_WORDS), max_position_embeddings=100, attn_implementation=attention))
    return Logits(made, "pooler_output")


def gpn():
    from gpn.model import GPNConfig, GPNForMaskedLM

    made = GPNForMaskedLM(GPNConfig(vocab_size=7, hidden_size=16, num_hidden_layers=3, intermediate_size=32, encoder="convnet", dilation_max=8))
    return Logits(made, masked=False)


def nucleotide_transformer(texts):
    tokens = words_of(texts, 3, 3, NT_WORDS, ["<cls>"])
    return tokens, torch.ones_like(tokens)


def dnabert(texts):
    tokens = words_of(texts, 3, 1, BERT_WORDS, ["[CLS]"], ["[SEP]"])
    return tokens, torch.ones_like(tokens)


NT = '[[input]]\nvocabulary = "nt.txt"\nk = 3\nstep = 3\nstart_tokens = ["<cls>"]\n'
BERT = '[[input]]\nvocabulary = "bert.txt"\nk = 3\nstart_tokens = ["[CLS]"]\nend_tokens = ["[SEP]"]\n'
MASK = "\n[[input]]\nname = \"attention mask\"\nvalue = 1\n"

STRUCTURES = {
    "nucleotide_transformer": Structure(esm, 128, nucleotide_transformer, NT + MASK, {"nt.txt": NT_TEXT}),
    "nucleotide_transformer_sdpa": Structure(lambda: esm(attention="sdpa"), 128, nucleotide_transformer, NT + MASK, {"nt.txt": NT_TEXT}),
    "nucleotide_transformer_2": Structure(lambda: esm(second=True), 128, nucleotide_transformer, NT + MASK, {"nt.txt": NT_TEXT}),
    "nucleotide_transformer_unmasked": Structure(
        lambda: esm(masked=False), 128, lambda texts: nucleotide_transformer(texts)[:1], NT, {"nt.txt": NT_TEXT}
    ),
    "esm_states": Structure(esm_states, 128, nucleotide_transformer, NT + MASK, {"nt.txt": NT_TEXT}),
    "dnabert": Structure(bert, 60, dnabert, BERT + MASK, {"bert.txt": BERT_TEXT}),
    "dnabert_sdpa": Structure(lambda: bert("sdpa"), 60, dnabert, BERT + MASK, {"bert.txt": BERT_TEXT}),
    "gpn": Structure(
        gpn, 100, lambda texts: (torch.tensor([["ACGT".index(base) + 3 for base in text] for text in texts]),),
        "[[input]]\ntokens = { A = 3, C = 4, G = 5, T = 6 }\n",
    ),
}
