"""The runs page names each step of the night and each piece of work by words that are translated."""

from cs_platform import pipeline, runs_views
from cs_platform.kernel import queue


def test_each_step_and_piece_of_work_has_words():
    """New steps are shown under the name of their function until words stand in `NAMES`."""
    shown = {name for name, _step in pipeline.NIGHTLY} | set(queue.HANDLERS)
    assert shown - set(runs_views.NAMES) == set()
