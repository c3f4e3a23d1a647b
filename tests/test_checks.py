import numpy as np
import pytest

from satgan_tutorial import checks

CASES = [
    (checks.conv_parameters, lambda k, i, o: ..., "To do"),
    (checks.conv_parameters, ..., "To do"),
    (checks.conv_parameters, lambda k, i, o: k * k * i * o, "Not yet: those are the weights"),
    (checks.conv_parameters, lambda k, i, o: (k * i + 1) * o, "Not yet: a kernel has two sides"),
    (checks.conv_parameters, lambda k, i, o: k / 0, "Not yet: your answer raised ZeroDivisionError"),
    (checks.conv_parameters, lambda k, i, o: (k * k * i + 1) * o, "Right"),
    (checks.is_affine, lambda f, a, b: None, "To do"),
    (checks.is_affine, lambda f, a, b: True, "Not yet: a LeakyReLU"),
    (checks.is_affine, lambda f, a, b: np.allclose(f(a + b), f(a) + f(b)), "Not yet: 3x + 0.7"),
    (checks.is_affine, lambda f, a, b: np.allclose(f(a + b) + f(0 * a), f(a) + f(b), atol=1e-5), "Right"),
    (checks.non_saturating_slope, lambda x: ..., "To do"),
    (checks.non_saturating_slope, lambda x: 1 / (1 + np.exp(x)), "Not yet: the size is right"),
    (checks.non_saturating_slope, lambda x: 1 - 1 / (1 + np.exp(x)), "Not yet: that is the slope of"),
    (checks.non_saturating_slope, lambda x: -1 / (1 + np.exp(x)), "Right"),
    (checks.accuracies, lambda r, f: ..., "To do"),
    (checks.accuracies, lambda r, f: (np.mean(r > 0), np.mean(f > 0)), "Not yet: a fake"),
    (checks.accuracies, lambda r, f: (np.mean(r > 0), np.mean(f <= 0)), "Right"),
]


@pytest.mark.parametrize(("grader", "answer", "verdict"), CASES)
def test_each_grader_tells_undone_wrong_and_right_apart(grader, answer, verdict, capsys):
    grader(answer)
    assert capsys.readouterr().out.startswith(verdict)
