"""Words: what stands on the wire is what stands in the code."""

import importlib
import pkgutil

import pytest

import recist
from recist.words import Word

for module in pkgutil.iter_modules(recist.__path__, "recist."):
    importlib.import_module(module.name)
ENUMERATIONS = sorted(Word.__subclasses__(), key=lambda words: words.__qualname__)


@pytest.mark.parametrize("words", ENUMERATIONS, ids=lambda words: words.__qualname__)
def test_a_word_is_its_name(words: type[Word]) -> None:
    assert [word.value for word in words] == [word.name for word in words]


@pytest.mark.parametrize("words", ENUMERATIONS, ids=lambda words: words.__qualname__)
def test_a_word_is_found_by_its_text(words: type[Word]) -> None:
    for word in words:
        assert {str(word): word.name}[word] == word.name
