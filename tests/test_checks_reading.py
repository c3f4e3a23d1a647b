import numpy as np
import pytest

from satgan_tutorial import checks


def flat(cosine):
    def metres(lon1, lat1, lon2, lat2):
        east, north = np.radians(lon2 - lon1) * cosine(lat1), np.radians(lat2 - lat1)
        return 6371000 * np.hypot(east, north)

    return metres


CASES = [
    (checks.baseline, lambda labels: ..., "To do"),
    (checks.baseline, lambda labels: np.mean(labels), "Not yet: for labels [0, 0, 0, 1]"),
    (checks.baseline, lambda labels: np.mean(labels == 0), "Not yet: for labels [1, 1, 1, 1, 0]"),
    (checks.baseline, lambda labels: max(np.bincount(labels)), "Not yet: an accuracy is a share"),
    (checks.baseline, lambda labels: max(np.mean(labels), 1 - np.mean(labels)), "Right"),
    (checks.metres, ..., "To do"),
    (checks.metres, flat(lambda lat: 1), "Not yet: a degree of longitude shrinks"),
    (checks.metres, flat(np.cos), "Not yet: np.cos takes radians"),
    (checks.metres, lambda *place: -flat(lambda lat: 1)(*place), "Not yet: a distance has no sign"),
    (checks.metres, lambda *place: 0, "Not yet: a hundredth of a degree north"),
    (checks.metres, flat(lambda lat: np.cos(np.radians(lat))), "Right"),
    (checks.shared_days, lambda train, test: ..., "To do"),
    (checks.shared_days, lambda train, test: {"20170609"}, "Not yet: two sides with no day in common"),
    (checks.shared_days, lambda train, test: set(), "Not yet: a scene on both sides"),
    (
        checks.shared_days,
        lambda train, test: {scene[:8] for scene in set(train.scenes) & set(test.scenes)},
        "Not yet: two scenes of one day",
    ),
    (checks.shared_days, lambda train, test: set(train.days) & set(test.days), "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, capsys):
    grader(answer)
    assert capsys.readouterr().out.startswith(verdict)
