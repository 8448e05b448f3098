from bus.link import LinkLimits
from bus.link.pulse import Beat, Pulse

LIMITS = LinkLimits(heartbeat_s=10, dead_after_s=30)


def test_silence_is_answered_with_a_ping_then_taken_for_death():
    pulse = Pulse(LIMITS, 0)
    beats = [pulse.feel(now, 0, 0, waiting=False, control_bytes=0) for now in (5, 10, 15, 20, 25, 30)]
    assert beats == [Beat.FINE, Beat.PING, Beat.FINE, Beat.PING, Beat.FINE, Beat.SILENT]


def test_any_frame_received_is_a_sign_of_life():
    pulse = Pulse(LIMITS, 0)
    assert all(pulse.feel(now, now, 0, waiting=False, control_bytes=0) is Beat.FINE for now in range(5, 200, 5))


def test_a_peer_that_speaks_but_does_not_read_is_dead_too():
    pulse = Pulse(LIMITS, 0)
    assert pulse.feel(29, 1, 7, waiting=True, control_bytes=0) is Beat.FINE
    assert pulse.feel(58, 2, 7, waiting=True, control_bytes=0) is Beat.FINE
    assert pulse.feel(59, 3, 7, waiting=True, control_bytes=0) is Beat.STALLED


def test_progress_in_writing_is_a_sign_of_life():
    pulse = Pulse(LIMITS, 0)
    assert all(pulse.feel(now, now, now, waiting=True, control_bytes=0) is Beat.FINE for now in range(5, 200, 5))


def test_a_peer_that_makes_us_owe_it_too_many_control_frames_is_cut_off():
    pulse = Pulse(LIMITS, 0)
    assert pulse.feel(1, 1, 1, waiting=True, control_bytes=256 * 1024) is Beat.FINE
    assert pulse.feel(2, 2, 2, waiting=True, control_bytes=256 * 1024 + 1) is Beat.FLOOD
