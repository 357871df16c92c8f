"""Which support check judges statements: by setting."""

from __future__ import annotations

import pytest

from index.errors import InvalidInputError
from service.settings import Settings, read_settings, settings_in_force


@pytest.mark.parametrize("name", ["", "none", "crossencoder:", "reader:folder", "Similarity"])
def test_a_support_check_of_no_known_kind_is_refused_with_those_that_there_are(name, monkeypatch):
    monkeypatch.setenv("GROUNDWIRE_SUPPORT", name)
    with pytest.raises(InvalidInputError, match="GROUNDWIRE_SUPPORT") as refused:
        read_settings()
    assert "'reader', 'similarity' or 'crossencoder:NAME'" in str(refused.value)


@pytest.mark.parametrize("name", ["reader", "similarity", "crossencoder:some/model"])
def test_what_is_set_is_in_force_and_shown(name, monkeypatch):
    monkeypatch.setenv("GROUNDWIRE_SUPPORT", name)
    settings = read_settings()
    assert settings.support == name
    (shown,) = [row for row in settings_in_force(settings) if row.name == "support"]
    assert (shown.value, shown.origin) == (name, "environment")


def test_without_a_setting_the_default_is_shown():
    (shown,) = [row for row in settings_in_force(Settings()) if row.name == "support"]
    assert (shown.value, shown.origin) == (Settings.model_fields["support"].default, "default")
