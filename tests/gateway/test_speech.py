"""Speech made ready for a camera: coded, cut, and handed out in step."""

from collections import deque

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rtsp.voice import FRAME_SAMPLES
from gateway.speech import SpeechCoder, SpeechQueue

MU_LAW_MINUS_ZERO, MU_LAW_ZERO = 0x7F, 0xFF


def decoded(codec: str, data: bytes) -> list[av.AudioFrame]:
    decoder = av.CodecContext.create(codec, "r")
    decoder.format, decoder.layout, decoder.sample_rate = "s16", "mono", 8000
    return decoder.decode(av.Packet(data))


@pytest.mark.parametrize("codec", ["pcm_alaw", "pcm_mulaw"])
def test_the_same_g711_leaves_as_it_came(codec):
    sent = bytes(range(256)) * 5
    coder = SpeechCoder(codec)
    left = [
        frame
        for at in range(0, len(sent), FRAME_SAMPLES)
        for sound in decoded(codec, sent[at : at + FRAME_SAMPLES])
        for frame in coder.code(sound)
    ]
    if codec == "pcm_mulaw":
        sent = sent.replace(bytes([MU_LAW_MINUS_ZERO]), bytes([MU_LAW_ZERO]))
    assert b"".join(left) == sent
    assert {len(frame) for frame in left} == {FRAME_SAMPLES}


@pytest.mark.parametrize(("rate", "layout"), [(48_000, "stereo"), (16_000, "mono"), (8000, "mono")])
def test_a_tone_of_any_rate_keeps_its_pitch_and_length(rate, layout):
    coder = SpeechCoder("pcm_alaw")
    channels = 2 if layout == "stereo" else 1
    coded = b""
    for turn in range(50):
        at = (turn * rate // 50 + np.arange(rate // 50)) / rate
        tone = (np.sin(2 * np.pi * 440 * at) * 10_000).astype(np.int16)
        sound = av.AudioFrame.from_ndarray(
            np.repeat(tone, channels)[None], format="s16", layout=layout
        )
        sound.sample_rate = rate
        coded += b"".join(coder.code(sound))
    assert 49 * FRAME_SAMPLES <= len(coded) <= 50 * FRAME_SAMPLES
    (heard,) = decoded("pcm_alaw", coded)
    spectrum = np.abs(np.fft.rfft(heard.to_ndarray()[0].astype(float)))
    assert spectrum.argmax() * 8000 / heard.samples == pytest.approx(440, abs=2)


def test_a_spurt_begins_when_enough_has_gathered_and_runs_dry():
    queue = SpeechQueue(gather=3, most=5)
    queue.put(b"1")
    queue.put(b"2")
    assert queue.take() is None
    queue.put(b"3")
    assert [queue.take() for _ in range(4)] == [b"1", b"2", b"3", None]
    queue.put(b"4")
    assert queue.take() is None


def test_late_speech_goes_the_oldest_first_and_is_counted():
    queue = SpeechQueue(gather=1, most=3)
    for frame in (b"1", b"2", b"3", b"4", b"5"):
        queue.put(frame)
    assert queue.dropped == 2
    assert [queue.take() for _ in range(4)] == [b"3", b"4", b"5", None]


@given(st.lists(st.booleans(), max_size=200), st.integers(1, 5), st.integers(5, 9))
def test_frames_leave_in_order_at_most_once_and_never_wait_beyond_the_bound(puts, gather, most):
    queue, waiting, out = SpeechQueue(gather, most), deque(maxlen=most), []
    for number, is_put in enumerate(puts):
        if is_put:
            waiting.append(number)
            queue.put(bytes([number]))
            continue
        frame = queue.take()
        if frame is not None:
            assert frame == bytes([waiting.popleft()])
            out.append(frame)
    assert len(out) + len(waiting) + queue.dropped == sum(puts)
    assert out == sorted(out)
