# %% [markdown]
# # From a PyTorch module to a figure
#
# A small network learns to recognise GATA sites. Then `gia` asks it three questions, in this notebook, without an export by hand.
# You need `pip install gia-lang torch pandas`.

# %%
import torch
from torch import nn

torch.manual_seed(1)
torch.set_num_threads(2)

# %% [markdown]
# ## A network
#
# Half of the training sequences hold one site, `GATAAG`, or its reverse complement, at a random place. It reads 64 bp and returns one
# logit. Skip this part if you have a module of your own.

# %%
SITES = torch.tensor([["ACGT".index(base) for base in site] for site in ("GATAAG", "CTTATC")])


def sequences(count, generator):
    bases = torch.randint(0, 4, (count, 64), generator=generator)
    labels = torch.arange(count) % 2 == 1
    starts = torch.randint(0, 59, (count, 1), generator=generator)
    with_site = bases.scatter(1, starts + torch.arange(6), SITES[torch.arange(count) // 2 % 2])
    bases = torch.where(labels[:, None], with_site, bases)
    return nn.functional.one_hot(bases, 4).transpose(1, 2).float(), labels.float()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.motifs = nn.Conv1d(4, 16, 7, padding=3)
        self.head = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x):
        return self.head(torch.relu(self.motifs(x)).amax(2))


net = Net()
generator = torch.Generator().manual_seed(2)
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for step in range(400):
    x, y = sequences(256, generator)
    loss = nn.functional.binary_cross_entropy_with_logits(net(x)[:, 0], y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"loss {loss.item():.3f}")

# %% [markdown]
# ## Ten lines
#
# `models` gives the module to the script under the name `net`. Behind the scenes it is exported, and the export compared with the module
# on eight sequences. The last line shows the report: verdicts, design, estimates.

# %%
import gia_lang as gia
study = gia.run(models={"net": net}, text="""
experiment importance {
    background uniform(length: 64bp)
    sample 1000
    embed "GATAAG" at center
    measure net[0]
    expect effect > 1
}""")
study

# %% [markdown]
# ## Names, and both strands
#
# `gia.Model` says what the number is: a logit for GATA. Does the reverse complement of the site do the same?

# %%
model = gia.Model(net, tasks=["GATA"], unit="logit")
study = gia.run(
    models={"net": model},
    text="""
## Does one site raise the logit, on either strand?
experiment importance {
    background uniform(length: 64bp)
    sample 1000
    arm forward { embed "GATAAG" at center }
    arm reverse { embed rc("GATAAG") at center }
    measure gata = net["GATA"]
    contrast effect = forward - control
    contrast strand = forward - reverse
    expect effect > 1
    expect strand > -1
    expect strand < 1
}
""",
)
study

# %% [markdown]
# ## The numbers
#
# Effects are a table; `.to_pandas()`, `.to_polars()` and `.to_xarray()` hand them on.

# %%
study["importance"].effects.to_pandas()[["contrast", "effect", "low", "high", "p"]]

# %% [markdown]
# The values of the single backgrounds are there too: here, how differently backgrounds respond.

# %%
effects = study["importance"].values.to_numpy("effect")
print(f"{(effects > 0).mean():.1%} of {len(effects):,} backgrounds respond, by {effects.min():.1f} to {effects.max():.1f}")

# %% [markdown]
# ## A cell that is a script
#
# `%%gia` runs the cell. Which letters of the site matter, and does a second site add to the first?

# %%
# %load_ext gia_lang

# %%
# %%gia --model net=model -o spacing
## Does a second site add to the first, wherever it is?
experiment spacing {
    vary gap in [0bp, 2bp, 5bp, 10bp, 20bp]
    background uniform(length: 64bp)
    sample 500
    factorial ["GATAAG" as left, gap, "GATAAG" as right] at 10bp
    measure gata = net["GATA"]
    # The network takes the maximum along the sequence, so the second site can add little.
    expect interaction(left, right) < 0
}

# %%
spacing["spacing"].figure

# %% [markdown]
# A mistake is underlined, with a suggestion:

# %%
# %%gia --check --model net=model
experiment importance {
    background uniform(length: 64bp)
    sample 1000
    embed "GATAAG" at center
    measure net["GTAA"]
}

# %% [markdown]
# ## Keep it
#
# `study.report("gata.html")` writes the page, `study.save("gata.json")` everything as data with the values beside it, which
# `gia.load("gata.json")` reads back; and `study.methods()` says what was done.

# %%
print(study.methods()[:900])
