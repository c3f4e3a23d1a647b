"""What commands say on the way, and how they are stopped."""

import io
import os
import signal
import sys
from dataclasses import replace

import numpy as np
import pytest
from test_main import TINY

from satgan_tutorial import recipes, sampling
from satgan_tutorial.chips import ChipError
from satgan_tutorial.cli import console
from satgan_tutorial.cli.generate import samples

pytestmark = pytest.mark.once


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Gone(io.StringIO):
    def write(self, text):
        raise OSError(5, "Input/output error")


def test_progress_is_a_bar_with_the_time_left_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with console.progress(20, "step") as update:
        for step in range(11, 21):  # of a training that goes on
            update(step, f"loss {step}")
            console.note("said above the bar")
    text = sys.stderr.getvalue()
    assert "20/20" in text and "step/s" in text and "loss 20" in text and "said above the bar\n" in text
    assert "11/20" in text and "10/20" not in text


def test_progress_is_a_line_now_and_then_elsewhere(monkeypatch, capsys):
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock))
    with console.progress(8, "chip") as update:
        for done in range(1, 9):
            update(done, "well" if done < 5 else "")
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["chip 4 of 8: well; 16 s left", "chip 7 of 8: 4 s left", "chip 8 of 8: 0 s left"]


def test_tqdm_is_imported_for_a_bar_alone():
    import subprocess

    code = (
        "import sys\nfrom satgan_tutorial.cli import console\nwith console.progress(2, 'step') as update:\n"
    )
    code += "    update(1), update(2)\nassert 'tqdm' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_terminal_that_is_gone_costs_the_words_alone(monkeypatch):
    gone = Gone()
    monkeypatch.setattr(sys, "stderr", gone)
    monkeypatch.setattr(sys, "stdout", gone)
    console.note("nobody hears this")
    console.tell("nor this")
    gone.isatty = lambda: True
    done = 0
    with console.progress(3, "step") as update:
        for done in range(1, 4):
            update(done)
    assert done == 3
    monkeypatch.setattr(sys, "stderr", None)
    console.note("nor this")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_ask_for_the_stop(name):
    number = getattr(signal, name, None)
    if number is None:
        pytest.skip("no such signal here")
    before = signal.getsignal(number)
    with console.stoppable() as stop:
        os.kill(os.getpid(), number)
        assert stop.is_set()
        if name != "SIGINT":  # a system says it twice
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) == before


def test_what_nohup_ignores_stays_ignored():
    if not hasattr(signal, "SIGHUP"):
        pytest.skip("no such signal here")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with console.stoppable() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
        assert not stop.is_set() and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("columns", [(), ("ship",)])
def test_blocks_have_the_bits_of_samples_drawn_at_once(monkeypatch, columns):
    import satgan_tutorial.cli  # noqa: F401

    monkeypatch.setattr(sys.modules["satgan_tutorial.cli.generate"], "BLOCK", 128)
    recipe = replace(TINY, conditions=columns, batch_norm=False)
    sampler = recipes.build(recipe, 0).sampler()
    for condition in (
        [np.ones(1, np.float32), np.arange(150, dtype=np.float32)[:, None] % 2] if columns else [None]
    ):
        blocks = list(samples(sampler, 150, 7, condition))
        assert [len(block) for block in blocks] == [128, 22]
        assert np.array_equal(np.concatenate(blocks), sampling.sample(sampler, 150, 7, condition))
    with pytest.raises(sampling.ConditionError):
        next(samples(sampler, 1, 0, np.zeros(3, np.float32)))


@pytest.mark.parametrize(("error", "told"), [(ChipError("no chips"), ""), (RuntimeError("a bug"), "a log")])
def test_what_libraries_print_while_they_load_is_told_with_a_bug_and_not_with_a_sentence(error, told, capfd):
    with pytest.raises(type(error)), console.quiet_import():
        os.write(2, b"a log")
        raise error
    assert capfd.readouterr().err == told
