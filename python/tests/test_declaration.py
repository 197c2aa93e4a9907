"""Declarations as TOML."""

from gia_lang.declaration import Declaration, Output


def test_an_output_of_one_number_has_an_empty_shape():
    written = Declaration(length=20, outputs=[Output(name="total", shape=[]), Output(name="profile")]).to_toml()
    assert written == 'length = 20\n\n[[output]]\nname = "total"\nshape = []\n\n[[output]]\nname = "profile"\n'
