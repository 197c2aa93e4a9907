"""Modules that live in this Python: exported, compared, and run."""

import html
import os
import subprocess
import sys

import numpy as np
import pytest

import gia_lang
from conftest import DEMO
from gia_lang import export, live_models

torch = pytest.importorskip("torch")
nn = torch.nn

SCRIPT = """\
experiment importance {
    background uniform(length: 60bp)
    sample 64
    embed "CCACCAGGGGGCGC" at center
    measure net[0]
}
"""


@pytest.fixture
def module():
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv1d(4, 8, 9, padding=4), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(8, 2))
    made[1].running_mean.normal_(0, 0.3)
    made[1].running_var.uniform_(0.5, 2)
    return made


def effect(study):
    return study["importance"].effects["effect"][0]


def test_a_module_gives_what_pytorch_gives(module, tmp_path):
    study = gia_lang.run(text=SCRIPT, models={"net": module})
    # The same backgrounds, written by the program and predicted by the module itself.
    path = live_models._exports[module].popitem()[1].path
    script = tmp_path / "script.gia"
    script.write_text(f'model net = load("{path}")\n{SCRIPT}')
    subprocess.run([os.environ["GIA"], "run", script, "-q", "--sequences", tmp_path / "sequences"], check=True)
    outputs = {}
    for fasta in (tmp_path / "sequences").rglob("*.fa*"):
        texts = [line for line in fasta.read_text().splitlines() if not line.startswith(">")]
        module.eval()
        with torch.no_grad():
            outputs["treated" if "treated" in fasta.name else "control"] = module(torch.from_numpy(export.one_hot(texts)))[:, 0].numpy()
    assert len(outputs) == 2
    for arm, expected in outputs.items():
        assert study["importance"].values.to_numpy(arm) == pytest.approx(expected, abs=1e-5), arm


def test_the_module_stays_as_it_was(module):
    module.train()
    module[1].eval()
    module[0].weight.requires_grad_(True)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    gia_lang.run(text=SCRIPT, models={"net": module})
    assert module.training and not module[1].training and module[3].training
    assert module[0].weight.requires_grad
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


def test_other_weights_are_exported_anew(module):
    first = gia_lang.run(text=SCRIPT, models={"net": module})
    again = gia_lang.run(text=SCRIPT, models={"net": module})
    assert len(live_models._exports[module]) == 1
    with torch.no_grad():
        module[6].weight.mul_(2)
    other = gia_lang.run(text=SCRIPT, models={"net": module})
    assert len(live_models._exports[module]) == 2
    assert effect(again) == effect(first)
    assert effect(other) == pytest.approx(2 * effect(first), rel=1e-4)


def test_tasks_and_unit_are_declared(module):
    model = gia_lang.Model(module, tasks=["CTCF", "PU.1"], unit="logit")
    study = gia_lang.run(text=SCRIPT.replace("net[0]", 'net["CTCF"]'), models={"net": model})
    assert study["importance"].effects["unit"][0] == "logit"


class ChannelsLast(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x.transpose(1, 2))


class Image(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        batch, bases, one, length = x.shape
        assert (bases, one) == (4, 1)
        return self.network(x[:, :, 0])


@pytest.mark.parametrize("kind, form", [(ChannelsLast, "nlb"), (Image, "nb1l")])
def test_the_form_of_the_input_is_found(module, kind, form):
    assert export.find_form(kind(module), 60).form == form
    assert effect(gia_lang.run(text=SCRIPT, models={"net": kind(module)})) == pytest.approx(effect(gia_lang.run(text=SCRIPT, models={"net": module})), abs=1e-6)


def test_forms_agree_with_each_other():
    encoded = export.one_hot(["ACGTT", "GGCAT"])
    assert export.shaped(encoded, "nlb").shape == (2, 5, 4)
    assert export.shaped(encoded, "nb1l").shape == (2, 4, 1, 5)
    assert export.shaped(encoded, "nl1b").shape == (2, 5, 1, 4)
    assert np.array_equal(export.shaped(encoded, "nl1b")[:, :, 0], encoded.transpose(0, 2, 1))


def test_alphabets_order_the_channels():
    assert export.one_hot(["ACGT"], "TGCA")[0].argmax(0).tolist() == [3, 2, 1, 0]
    assert export.one_hot(["ACGT"], "ACGU")[0].argmax(0).tolist() == [0, 1, 2, 3]


class OtherWhenExported(nn.Module):
    """Gives other numbers while it is exported, as code that asks where it runs may."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x) * (2 if torch.compiler.is_compiling() else 1)


class Sequencewise(nn.Module):
    """Depends on the data in a way that cannot be exported."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        if x.sum().item() > 1e9:
            return x
        return self.network(x)


def test_a_file_that_gives_other_numbers_is_noticed(module, tmp_path):
    wrong = OtherWhenExported(module)
    inputs = export.find_form(wrong, 60)
    export.export(wrong, inputs, 60, tmp_path / "wrong.pt2")
    with pytest.raises(export.NotExported, match="other numbers"):
        export.compare(tmp_path / "wrong.pt2", wrong, inputs, 60)


def test_what_cannot_be_exported_says_why(module, tmp_path):
    wrong = Sequencewise(module)
    with pytest.raises(export.NotExported):
        export.export(wrong, export.find_form(wrong, 60), 60, tmp_path / "wrong.pt2")


def test_the_length_is_that_of_the_script():
    assert live_models.length_in("background uniform(length: 2_114bp) # width: 5bp", "net") == 2114
    assert live_models.length_in("fasta(x, width: 1.5kb)\nuniform(length:1500 bp)", "net") == 1500
    with pytest.raises(gia_lang.ScriptError, match="several lengths"):
        live_models.length_in("uniform(length: 100bp) uniform(length: 200bp)", "net")
    with pytest.raises(gia_lang.ScriptError, match="gia.Model"):
        live_models.length_in("background x", "net")


def test_a_wrong_length_is_refused_by_the_program(module):
    with pytest.raises(gia_lang.ScriptError):
        gia_lang.run(text=SCRIPT, models={"net": gia_lang.Model(module, length=50)})


def test_a_path_takes_the_place_of_the_file():
    script = (DEMO / "ctcf_pu1.gia").read_text()
    script = script[: script.index("## A site is bound")].replace("let peaks", "# let peaks").replace("ctcf_pu1.pt2", "elsewhere.pt2")
    study = gia_lang.run(text=script, models={"net": DEMO / "ctcf_pu1.pt2"})
    assert study.claims.are_supported


def test_a_number_is_no_model():
    with pytest.raises(gia_lang.ScriptError, match="int"):
        gia_lang.run(text=SCRIPT, models={"net": 5})


def effect_by_the_worker(model):
    """The effect, computed by the module in this Python; the warning says why."""
    pytest.importorskip("gia_lang.worker.relay")
    with pytest.warns(gia_lang.GiaWarning, match="runs in this Python"):
        study = gia_lang.run(text=SCRIPT, models={"net": model})
    (note,) = study.notes
    assert html.escape(note) in study._repr_html_()
    return effect(study)


@pytest.mark.parametrize("kind", [Sequencewise, lambda module: gia_lang.Model(module, export=False)])
def test_what_is_not_exported_runs_in_this_python(module, kind):
    exported = effect(gia_lang.run(text=SCRIPT, models={"net": module}))
    assert effect_by_the_worker(kind(module)) == pytest.approx(exported, abs=1e-5)


def test_numbers_that_differ_are_those_of_the_module(module):
    exported = effect(gia_lang.run(text=SCRIPT, models={"net": module}))
    assert effect_by_the_worker(OtherWhenExported(module)) == pytest.approx(exported, abs=1e-5)


def test_a_function_is_a_model():
    def first_base(x):
        return np.asarray(x)[:, 20:40, 0].sum(axis=1, keepdims=True)

    assert np.isfinite(effect_by_the_worker(first_base))


def test_without_the_worker_the_reason_is_said(module, monkeypatch):
    monkeypatch.setitem(sys.modules, "gia_lang.worker", None)
    with pytest.raises(gia_lang.RunError, match="`net` was not exported: .*cannot serve"):
        gia_lang.run(text=SCRIPT, models={"net": Sequencewise(module)})
