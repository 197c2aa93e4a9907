"""Studies: claims, tables, values, files. What the program writes by other ways is the oracle."""

import subprocess
import os

import numpy as np
import pytest

from conftest import DEMO, FORMULA


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The files that the command line writes for the same script."""
    folder = tmp_path_factory.mktemp("written")
    (folder / "formula.gia").write_text(FORMULA)
    options = ["--parquet", "rows.parquet", "--values", "values.parquet", "--json", "study.json", "--report", "report.html", "-q"]
    status = subprocess.run([os.environ["GIA"], "run", "formula.gia", *options], cwd=folder).returncode
    assert status == 1, "one claim is refuted"
    return folder


def test_claims_have_their_verdicts(study):
    assert [(claim.claim, claim.verdict) for claim in study.claims] == [("effect > 3", "supported"), ("effect > 5", "refuted")]
    assert not study.claims.are_supported
    assert study["site"].claims == study.claims
    assert list(study.claims.to_pandas()["verdict"]) == ["supported", "refuted"]


def test_experiments_are_found_by_name(study):
    assert list(study) == ["site", "sweep"]
    assert study["site"].doc == "Does a GATA site add its weight?"
    assert "sweep" in study and "other" not in study
    with pytest.raises(KeyError, match="site, sweep"):
        study["other"]


def test_effects_equal_the_parquet_table(study, written):
    pandas = pytest.importorskip("pandas")
    expected = pandas.read_parquet(written / "rows.parquet")
    found = study.effects.to_pandas()
    assert list(found.columns) == list(expected.columns)
    for name in expected.columns:
        if expected[name].dtype.kind in "fiub":
            assert np.array_equal(found[name].astype(float), expected[name].astype(float), equal_nan=True), name
        else:
            missing = expected[name].isna().tolist()
            assert found[name].isna().tolist() == missing, name
            assert [v for v, m in zip(found[name], missing) if not m] == [v for v, m in zip(expected[name], missing) if not m], name


def test_effects_of_an_experiment_have_its_axes(study):
    table = study["sweep"].effects
    assert table.columns[:3] == ["at_gap_bp", "at_part", "contrast"]
    assert len(table) == 6
    assert table["at_gap_bp"].tolist() == [0, 0, 5, 5, 10, 10]
    one = table.where(at_gap_bp=5, at_part="GATA")
    assert len(one) == 1 and abs(one["effect"][0] - 4) < 1
    assert "at_gap_bp" not in study["site"].effects.columns


def test_polars_has_nulls_for_missing_values(study):
    polars = pytest.importorskip("polars")
    frame = study.effects.to_polars()
    assert frame["at_part"].dtype == polars.String
    assert frame.filter(polars.col("experiment") == "site")["at_gap_bp"].null_count() == 1
    assert frame["effect"].to_list() == study.effects["effect"].tolist()


def test_xarray_of_effects_is_by_axes(study):
    pytest.importorskip("xarray")
    dataset = study["sweep"].effects.to_xarray()
    assert dict(dataset.sizes) == {"gap": 3, "part": 2, "contrast": 1, "outcome": 1}
    assert dataset.gap.attrs["units"] == "bp"
    for row in study["sweep"].effects:
        at = dict(gap=row["at_gap_bp"], part=row["at_part"], contrast=row["contrast"], outcome=row["outcome"])
        assert dataset.effect.sel(at).item() == row["effect"]
    with pytest.raises(ValueError, match="take one"):
        study.effects.to_xarray()


def test_arms_are_those_of_the_study(study):
    table = study["site"].arms
    assert table["arm"].tolist() == ["control", "treated"]
    assert table["n"].tolist() == [200, 200]
    assert table["mean"][1] - table["mean"][0] == pytest.approx(study["site"].effects["effect"][0])


def test_values_equal_those_of_the_command_line(study, written):
    pandas = pytest.importorskip("pandas")
    pandas.testing.assert_frame_equal(study.values.to_pandas(), pandas.read_parquet(written / "values.parquet"))
    expected = pandas.read_parquet(written / "values.parquet")
    own, expected = study["sweep"].values.to_pandas(), expected[expected.experiment == "sweep"].reset_index(drop=True)
    # Without the rows that lack the axis, it is a column of whole numbers.
    pandas.testing.assert_frame_equal(own, expected, check_dtype=False)
    assert own["at_gap_bp"].dtype.kind == "i"


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_means_of_values_are_the_effects(gia, tmp_path, format):
    path = tmp_path / f"values.{format}"
    study = gia.run(text=FORMULA, values=path)
    assert path.is_file()
    values = study["sweep"].values.to_numpy("effect")
    assert values.shape == (3, 2, 100)
    effects = study["sweep"].effects
    assert values.mean(axis=-1).reshape(-1) == pytest.approx(effects["effect"])
    dataset = study["sweep"].values.to_xarray()
    assert dataset.contrasts.dims == ("gap", "part", "contrast", "outcome", "background")
    assert np.array_equal(dataset.contrasts.sel(contrast="effect", outcome="total"), values)
    difference = dataset.arms.sel(arm="treated") - dataset.arms.sel(arm="control")
    assert np.allclose(difference.sel(outcome="total"), values)
    assert dataset["name"].values[0].startswith("uniform_")


def test_values_without_a_reader_of_parquet(gia, monkeypatch):
    from gia_lang import values

    monkeypatch.setattr(values, "is_installed", lambda name: False)
    study = gia.run(text=FORMULA)
    assert study.values.path.suffix == ".csv"
    assert len(study["site"].values.columns()["value"]) == 600


def test_unknown_names_of_values_are_listed(study):
    with pytest.raises(KeyError, match="control, treated, effect"):
        study["site"].values.to_numpy("efect")
    with pytest.raises(KeyError, match="total"):
        study["sweep"].values.to_numpy("effect", outcome="x")


def test_values_that_were_not_kept_are_an_error(gia):
    study = gia.run(text=FORMULA, values=False)
    with pytest.raises(LookupError, match="values=True"):
        study.values


def test_a_saved_study_is_read_back_with_its_values(gia, study, tmp_path):
    study.save(tmp_path / "study.json")
    again = gia.load(tmp_path / "study.json")
    assert again.claims == study.claims
    assert np.array_equal(again["sweep"].values.to_numpy("effect"), study["sweep"].values.to_numpy("effect"))
    assert str(again) == str(study)
    # What was saved is what the command line reads, too.
    command = [os.environ["GIA"], "diff", tmp_path / "study.json", tmp_path / "study.json", "--json", tmp_path / "diff.json"]
    assert subprocess.run(command, capture_output=True).returncode == 0
    assert '"unpaired"' not in (tmp_path / "diff.json").read_text()


def test_other_files_are_not_studies(gia, tmp_path):
    (tmp_path / "x.json").write_text('{"schema": "gia-network/1"}')
    with pytest.raises(ValueError, match="gia-network/1"):
        gia.load(tmp_path / "x.json")


def test_the_report_is_that_of_the_command_line(gia, written, tmp_path):
    gia.load(written / "study.json").report(tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text() == (written / "report.html").read_text()


def test_a_plan_is_the_text_of_the_program(gia):
    plan = gia.plan(text=FORMULA)
    assert "experiment sweep" in plan and repr(plan) == plan


def test_seeds_and_settings_reach_the_program(gia):
    study = gia.run(text=FORMULA, seeds=2)
    assert len(study.data["seeds"]["seeds"]) == 2
    assert "--seeds 2" in study.data["command"]


def test_a_script_beside_its_model_finds_it(gia, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = (DEMO / "ctcf_pu1.gia").read_text().partition("## A site is bound")[0]
    path = DEMO / "ctcf_pu1.gia"
    assert [one for one in gia.check(path) if one.is_error] == []
    monkeypatch.chdir(DEMO)
    assert [one for one in gia.check(text=script) if one.is_error] == []
