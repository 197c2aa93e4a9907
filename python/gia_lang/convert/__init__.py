"""Converts what the field has lying about into models that `gia` runs: `python -m gia_lang.convert KIND IN OUT`."""
