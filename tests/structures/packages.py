"""Networks of PyTorch packages, as published, at small sizes."""

import importlib.util
import sys
import types
import unittest.mock

import torch
from torch import nn

from structure import Structure, channels_last, one_hot, smooth


def submodules_of(name):
    """Lets modules of a package be imported without what its `__init__` imports: genome browsers, file formats, training."""
    if name not in sys.modules:
        package = types.ModuleType(name)
        package.__path__ = list(importlib.util.find_spec(name).submodule_search_locations)
        sys.modules[name] = package


class Only(nn.Module):
    """A network with fixed further arguments, and some of its outputs."""

    def __init__(self, network, select=lambda outputs: outputs, **further):
        super().__init__()
        self.network, self.select, self.further = network, select, further

    def forward(self, x):
        return self.select(self.network(x, **self.further))


class WithControl(nn.Module):
    """A network whose control tracks are empty, as for predictions without an experiment."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x, x.new_zeros(x.shape[0], self.network.n_control_tracks, x.shape[2]))


class EagerAttention(nn.Module):
    """What flash attention's module computes, in plain PyTorch: grouped queries, rotary positions of half of the dimensions."""

    def __init__(self, embed_dim, num_heads, num_heads_kv, rotary_emb_dim, rotary_emb_base, softmax_scale, **_):
        super().__init__()
        self.heads, self.pairs, self.size, self.scale = num_heads, num_heads_kv, embed_dim // num_heads, softmax_scale
        self.rotated, self.base = min(rotary_emb_dim, self.size), rotary_emb_base
        self.Wqkv = nn.Linear(embed_dim, (num_heads + 2 * num_heads_kv) * self.size)
        self.out_proj = nn.Linear(embed_dim, embed_dim)

    def rotary(self, x):
        half = self.rotated // 2
        rates = self.base ** (-torch.arange(half, device=x.device) / half)
        angles = torch.arange(x.shape[2], device=x.device)[:, None] * rates
        first, second, rest = x[..., :half], x[..., half : 2 * half], x[..., 2 * half :]
        turned = (first * angles.cos() - second * angles.sin(), first * angles.sin() + second * angles.cos())
        return torch.cat([*turned, rest], -1)

    def forward(self, x):
        batch, length, _ = x.shape
        parts = self.Wqkv(x).reshape(batch, length, -1, self.size).transpose(1, 2)
        queries, keys, values = parts.split([self.heads, self.pairs, self.pairs], 1)
        queries, keys = self.rotary(queries), self.rotary(keys)
        keys, values = (part.repeat_interleave(self.heads // self.pairs, 1) for part in (keys, values))
        weights = (queries @ keys.transpose(2, 3) * self.scale).softmax(-1)
        return self.out_proj((weights @ values).transpose(1, 2).reshape(batch, length, -1))


def eager_flash():
    """Stands in for the package flash-attn, which needs a GPU to be built, while a network is made."""
    attention = types.ModuleType("flash_attn.modules.mha")
    attention.MHA = EagerAttention
    names = ("flash_attn", "flash_attn.modules", "flash_attn.modules.mha")
    return unittest.mock.patch.dict(sys.modules, {name: attention for name in names})


def enformer():
    from enformer_pytorch import Enformer

    return Enformer.from_hparams(
        dim=96, depth=2, heads=4, attn_dim_key=8, num_downsamples=4, dim_divisible_by=12, target_length=12, output_heads=dict(human=7, mouse=5)
    )


def enformer_human():
    return Only(enformer(), lambda heads: heads["human"])


def enformer_padded():
    """A length that the attention pools have to pad."""
    from enformer_pytorch import Enformer

    return Enformer.from_hparams(
        dim=48, depth=1, heads=4, attn_dim_key=8, num_downsamples=4, dim_divisible_by=12, target_length=-1, output_heads=dict(human=3)
    )


def borzoi(flash=False, **further):
    from borzoi_pytorch import Borzoi

    sizes = dict(dim=64, depth=2, heads=4, attn_dim_key=8, attn_dim_value=16, bins_to_return=8)
    with eager_flash():
        made = Borzoi.from_hparams(**sizes, flashed=flash, **further)
    made.human_head = nn.Conv1d(1920, 6, 1)
    if made.enable_mouse_head:
        made.mouse_head = nn.Conv1d(1920, 4, 1)
    return made


def prime():
    from borzoi_pytorch import Prime

    made = Prime.from_hparams(dim=64, depth=2, heads=4, attn_dim_key=8, attn_dim_value=16, bins_to_return=16)
    made.human_head = nn.Conv1d(64, 6, 1)
    return made


def bpnet(kind="BPNet", tracks=0, outputs=2):
    import bpnetlite.bpnet

    made = getattr(bpnetlite.bpnet, kind)(n_filters=12, n_layers=3, n_outputs=outputs, n_control_tracks=tracks, trimming=50, verbose=False)
    return made


def chrombpnet():
    from bpnetlite import ChromBPNet

    return ChromBPNet(bpnet(outputs=1), bpnet(outputs=1))


def wrapped(kind):
    """The wrappers with which bpnet-lite attributes a profile and its counts."""
    import bpnetlite.bpnet

    return getattr(bpnetlite.bpnet, kind)(bpnetlite.bpnet.ControlWrapper(bpnet()))


def chrombpnet_pytorch():
    submodules_of("chrombpnet")
    from chrombpnet.chrombpnet import ChromBPNet

    class Sizes:
        out_dim, n_filters, n_layers, conv1_kernel_size, profile_kernel_size = 100, 12, 3, 21, 75
        n_outputs, n_control_tracks, profile_output_bias, count_output_bias = 1, 0, True, True

    made = ChromBPNet(Sizes)
    return made


def basenji2():
    from basenji2_pytorch.model import Basenji2

    return Basenji2({
        "seq_length": 512, "target_length": 12, "activation": "gelu", "norm_type": "batch", "bn_momentum": 0.9,
        "trunk": [
            {"name": "conv_block", "filters": 12, "kernel_size": 15, "pool_size": 2},
            {"name": "conv_tower", "filters_init": 14, "filters_mult": 1.1776, "kernel_size": 5, "pool_size": 2, "repeat": 4},
            {"name": "dilated_residual", "filters": 10, "rate_mult": 1.5, "repeat": 4, "dropout": 0.3, "round": True},
            {"name": "Cropping1D", "cropping": 2},
            {"name": "conv_block", "filters": 24, "dropout": 0.05},
        ],
        "head_human": {"name": "final", "units": 6, "activation": "softplus"},
    })


def akita():
    from akita_torch.model import Akita, AkitaConfig

    made = Akita(AkitaConfig(output_head_num=2, target_crop=1, diagonal_offset=2))
    return made


def grelu(kind, **sizes):
    import grelu.model.models

    return getattr(grelu.model.models, kind)(**sizes)


def explainn():
    submodules_of("explainn.utils")
    from explainn.models.networks import ExplaiNN

    return ExplaiNN(6, 110, 3)


class AlphaGenomePytorch(nn.Module):
    """With the heads of tracks in bins and of contacts; it reads tokens."""

    def __init__(self):
        super().__init__()
        from alphagenome_pytorch.alphagenome import AlphaGenome, ContactMapHead, TracksScaledPrediction, set_update_running_var

        sizes = dict(depth=2, heads=2, dim_head_qk=8, dim_head_v=8, dim_pairwise=8, pairwise_every_num_single_blocks=2, pool_size=2)
        made = AlphaGenome(dims=(12, 14, 16, 18, 20, 22, 24), num_organisms=1, transformer_kwargs=sizes)
        made.add_head("human", "tracks", TracksScaledPrediction(made.dim_128bp, 4), ("embeds_128bp",))
        made.add_head("human", "contacts", ContactMapHead(made.dim_contacts, 2, 1))
        # Otherwise its norms change with each prediction.
        set_update_running_var(made, False)
        self.network = made

    def forward(self, tokens):
        found = self.network(tokens, 0)["human"]
        return found["tracks"], found["contacts"]


class AlphaGenomePt(nn.Module):
    """With the heads of tracks and of contacts, in float32; without its checks of the values of the input, which no exporter can keep."""

    def __init__(self):
        super().__init__()
        from alphagenome_pt import AlphaGenome, AlphaGenomeConfig, HeadName, precision, synthetic_metadata

        precision._ACTIVE_DTYPE_POLICY.set(precision.FLOAT32_DTYPE_POLICY)
        heads = [HeadName.CHIP_TF, HeadName.CONTACT_MAPS]
        self.network = AlphaGenome(AlphaGenomeConfig(
            max_seq_len=2048, num_channels=24, transformer_layers=2, num_q_heads=2, pair_heads=2, pos_channels=8, sync_bn=False,
            dtype_policy="float32", metadata=synthetic_metadata(heads, num_organisms=1, num_tracks=3),
        ))

    def forward(self, x):
        from alphagenome_pt import DataBatch

        batch = DataBatch(dna_sequence_one_hot=x, organism_index=torch.zeros_like(x[:, 0, 0], dtype=torch.long))
        return self.network._predict_from_embeddings(self.network._embed_batch(batch), batch)


class Along(nn.Module):
    """A block over embedded bases, and the mean of what it makes of them."""

    def __init__(self, block, channels):
        super().__init__()
        self.embedding, self.block, self.head = nn.Linear(4, channels), block, nn.Linear(channels, 2)

    def forward(self, x):
        return self.head(self.block(self.embedding(x.transpose(1, 2))).mean(1))


def mamba(parallel):
    from mambapy.mamba import Mamba, MambaConfig

    return Along(Mamba(MambaConfig(d_model=8, n_layers=2, d_state=4, pscan=parallel)), 8)


CONTROL = "[[input]]\n\n[[input]]\nname = \"control\"\nvalue = 0.25\n"


def with_control(tracks):
    def inputs(texts):
        return one_hot(texts), torch.full((len(texts), tracks, len(texts[0])), 0.25)

    return inputs


def codes(texts):
    return (torch.tensor([["ACGT".index(base) for base in text] for text in texts]),)


STEM = dict(stem_channels=12, stem_kernel_size=9)
STRUCTURES = {
    "enformer": Structure(enformer, 320, channels_last),
    "enformer_human": Structure(enformer_human, 320, channels_last),
    "enformer_padded": Structure(enformer_padded, 312, channels_last),
    "borzoi": Structure(borzoi, 512, step=8, decomposed=True),
    "borzoi_mouse": Structure(lambda: Only(borzoi(enable_mouse_head=True), is_human=False), 512, step=16, decomposed=True),
    "borzoi_flash": Structure(lambda: borzoi(flash=True), 512, step=16),
    "borzoi_smooth": Structure(lambda: smooth(borzoi()), 512, step=8, decomposed=True),
    "borzoi_prime": Structure(prime, 512, step=16, decomposed=True),
    "bpnet": Structure(bpnet, 200),
    "bpnet_control": Structure(lambda: bpnet(tracks=2), 200, with_control(2), tables=CONTROL),
    "bpnet_empty_control": Structure(lambda: WithControl(bpnet(tracks=2)), 200),
    "bpnet_profile": Structure(lambda: wrapped("ProfileWrapper"), 200),
    "bpnet_counts": Structure(lambda: wrapped("CountWrapper"), 200),
    "basepairnet": Structure(lambda: bpnet("BasePairNet"), 200),
    "basepairnet_control": Structure(lambda: bpnet("BasePairNet", 2), 200, with_control(2), tables=CONTROL),
    "chrombpnet": Structure(chrombpnet, 200),
    "chrombpnet_pytorch": Structure(chrombpnet_pytorch, 300),
    "basenji2": Structure(basenji2, 512),
    "akita": Structure(akita, 2048 * 6, channels_last, step=1024),
    "akita_smooth": Structure(lambda: smooth(akita()), 2048 * 6, channels_last, step=1024),
    "grelu_conv": Structure(lambda: grelu("ConvModel", n_tasks=3, **STEM, channel_init=12, norm=True, residual=True, pool_func="max", pool_size=2), 120),
    "grelu_dilated": Structure(lambda: grelu("DilatedConvModel", n_tasks=3, channels=12, n_conv=3), 150),
    "grelu_gru": Structure(lambda: grelu("ConvGRUModel", n_tasks=3, **STEM, channel_init=12, pool_func="max", pool_size=4, gru_norm=True), 120),
    "grelu_transformer": Structure(
        lambda: grelu("ConvTransformerModel", n_tasks=3, **STEM, channel_init=12, pool_func="max", pool_size=4, n_heads=2, n_pos_features=6), 128
    ),
    "grelu_mlp": Structure(lambda: grelu("ConvMLPModel", seq_len=100, n_tasks=3, **STEM, channel_init=12, mlp_norm=True), 100),
    "grelu_borzoi": Structure(
        lambda: grelu(
            "BorzoiModel", n_tasks=3, stem_channels=16, init_channels=20, channels=32, n_conv=4, n_transformers=2, n_heads=2, key_len=8,
            value_len=16, n_pos_features=8, crop_len=2, final_pool_func=None,
        ), 512,
    ),
    "grelu_enformer": Structure(
        lambda: grelu("EnformerModel", n_tasks=3, n_conv=4, channels=384, n_transformers=2, n_heads=2, key_len=8, crop_len=2), 256, step=4
    ),
    "explainn": Structure(explainn, 110),
    "alphagenome_pytorch": Structure(
        AlphaGenomePytorch, 4096, codes, tables="[[input]]\ntokens = { A = 0, C = 1, G = 2, T = 3 }\n", step=512, static=True,
    ),
    "alphagenome_pt": Structure(AlphaGenomePt, 2048, channels_last, step=256),
    "mamba": Structure(lambda: mamba(False), 32),
    "mamba_parallel": Structure(lambda: mamba(True), 32),
}
