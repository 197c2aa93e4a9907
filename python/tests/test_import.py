"""What importing the package costs."""

import subprocess
import sys

from conftest import ROOT

HEAVY = ["IPython", "numpy", "pandas", "polars", "pyarrow", "torch", "xarray"]


def test_importing_loads_no_other_package():
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'python')!r}); import gia_lang; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.split() == []


def test_a_study_without_data_frames_loads_none(tmp_path):
    code = f"""
import sys; sys.path.insert(0, {str(ROOT / 'python')!r})
import gia_lang as gia
study = gia.run(text='model m = additive({{"GATA": 4.0, "AA": 0.25}}); '.replace("; ", chr(10)) + '''
experiment site {{
    background uniform(length: 50bp)
    sample 200
    embed "GATA" at center
    measure m
    expect effect > 3
}}''')
assert study.claims.are_supported, study.claims
assert len(study["site"].effects) == 1
assert study._repr_html_()
print(*sorted(set({HEAVY!r}) - {{"numpy"}} & set(sys.modules)))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == []


def test_every_public_name_is_there(gia):
    assert [name for name in gia.__all__ if not hasattr(gia, name)] == []
