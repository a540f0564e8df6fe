"""Pages on one line, cut into their blocks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cleancopy.text.flattened import Model, observations

TOKENS = st.lists(
    st.one_of(
        st.sampled_from(["Menu", "the", "Mill.", "1911", "-", "of", "水車", "“Well,", "A.", "BREAD"]),
        st.text("aZ9.é»", min_size=1),
    ),
    min_size=1,
    max_size=40,
)


@given(st.lists(TOKENS, min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_a_text_has_the_same_observations_and_logits_in_any_company(texts: list[list[str]]) -> None:
    together = observations(texts)
    alone = [observations([tokens]) for tokens in texts]
    assert (together == np.concatenate(alone)).all()
    model = Model.shipped()
    for own, (mine,) in zip(model.logits(texts), (model.logits([tokens]) for tokens in texts), strict=True):
        assert (own == mine).all()


def test_each_gap_has_its_observations() -> None:
    rows = observations([["Menu", "News", "Sport"], ["alone"], ["The", "mill."]])
    assert len(rows) == 2 + 0 + 1
    # A second text does not lengthen the first: what follows its last token is nothing, as at the end of a page.
    assert (rows[1] == observations([["Menu", "News", "Sport"]])[1]).all()
