import os
import sys
import threading

import numpy as np
import pytest
from fakes import FakeEmbedder

from index.courtesy import FEW, Askers, embedded_beside, stand_back

TEXTS = [" ".join(["bank"] * (1 + number % 5) + [f"port {number}"]) for number in range(11)]


class Asked(Askers):
    """Those who ask, of whom one has asked just now."""

    def __init__(self):
        super().__init__()
        with self.asking():
            pass


def test_while_nobody_has_asked_many_are_embedded_at_once(monkeypatch):
    sizes = []

    class Counting(FakeEmbedder):
        def embed_passages(self, texts):
            sizes.append(len(texts))
            return super().embed_passages(texts)

    askers = Askers()
    assert askers.quiet
    embedded_beside(askers, Counting(), TEXTS, 0.0)
    embedded_beside(Asked(), Counting(), TEXTS, 0.0)
    assert sizes == [11, FEW, FEW, 11 - 2 * FEW]
    with askers.asking():
        assert not askers.quiet
    assert not askers.quiet
    monkeypatch.setattr("index.courtesy._PAUSE_S", 0.0)
    assert askers.quiet


def test_texts_embedded_a_few_at_a_time_keep_their_order():
    beside = embedded_beside(Asked(), FakeEmbedder(), TEXTS, 0.0)
    assert np.array_equal(beside, FakeEmbedder().embed_passages(TEXTS))
    assert embedded_beside(Askers(), FakeEmbedder(), [], 0.0).shape == (0, 64)


def test_nothing_more_is_embedded_while_somebody_waits_for_an_answer():
    askers, embedder, few_are_done = Askers(), FakeEmbedder(), threading.Event()
    asking, steps = threading.Event(), []

    class Stepping(Asked):
        """Those who ask, of whom one comes when the first few passages are embedded."""

        def step_aside(self, at_most_s):
            if len(embedder.embedded) == FEW:
                few_are_done.set()
                assert asking.wait(20)
            askers.step_aside(at_most_s)
            steps.append((len(embedder.embedded), askers._waiting))

    work = threading.Thread(target=embedded_beside, args=(Stepping(), embedder, TEXTS, 60.0))
    work.start()
    assert few_are_done.wait(20)
    with askers.asking(), askers.asking():
        asking.set()
        work.join(0.1)
        assert len(embedder.embedded) == FEW
    work.join(20)
    assert sorted(embedder.embedded) == sorted(TEXTS)
    assert steps == [(0, 0), (FEW, 0), (2 * FEW, 0)]


def test_those_who_never_stop_asking_do_not_stop_other_work():
    askers, embedder = Askers(), FakeEmbedder()
    with askers.asking():
        embedded_beside(askers, embedder, TEXTS, 0.001)
    assert sorted(embedder.embedded) == sorted(TEXTS)


def test_one_whose_question_fails_is_not_waited_for():
    askers = Askers()
    with pytest.raises(ZeroDivisionError), askers.asking():
        raise ZeroDivisionError
    done = threading.Thread(target=askers.step_aside, args=(600.0,))
    done.start()
    done.join(20)
    assert not done.is_alive()


@pytest.mark.skipif(sys.platform != "linux", reason="single threads have a priority on Linux alone")
def test_where_the_system_forbids_it_a_thread_goes_on_as_before(monkeypatch, caplog):
    def forbidden(*told):
        raise PermissionError("not here")

    monkeypatch.setattr(os, "setpriority", forbidden)
    stand_back()
    assert "keeps its priority" in caplog.text


@pytest.mark.skipif(sys.platform != "linux", reason="single threads have a priority on Linux alone")
def test_a_thread_that_stands_back_takes_its_own_threads_with_it_and_no_other():
    def niceness():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before, seen = niceness(), []

    def work():
        stand_back()
        seen.append(niceness())
        inner = threading.Thread(target=lambda: seen.append(niceness()))
        inner.start()
        inner.join()

    outer = threading.Thread(target=work)
    outer.start()
    outer.join()
    assert seen == [max(before, 10)] * 2
    assert niceness() == before
