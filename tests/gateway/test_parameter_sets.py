import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.parameter_sets import (
    START_CODE,
    SYNTAX,
    KeyPictureHeaders,
    extradata_to_annex_b,
    is_configuration_record,
    parameter_sets,
)

SPS, PPS, SEI = b"\x67\x42\x00\x0a\xff", b"\x68\xce\x0f", b"\x06\x05\x01"
NEW_SPS = b"\x67\x64\x00\x1f\xaa"
IDR, SLICE = b"\x65\x88\x84", b"\x41\x9a\x02"


def joined(*units, code=START_CODE):
    return b"".join(code + unit for unit in units)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (joined(SPS, PPS, IDR), joined(SPS, PPS)),
        (joined(SPS, PPS, IDR, code=b"\x00\x00\x01"), joined(SPS, PPS)),
        (joined(SEI, PPS, SPS, IDR), joined(SPS, PPS)),
        (joined(SPS, IDR, PPS), b""),
        (joined(IDR), b""),
        (joined(SPS, PPS), joined(SPS, PPS)),
        (b"", b""),
        (b"\x00\x00\x01", b""),
        (b"not a stream", b""),
    ],
)
def test_parameter_sets_of_one_access_unit(data, expected):
    assert parameter_sets(data, SYNTAX["h264"]) == expected


@given(st.binary(max_size=300), st.sampled_from(sorted(SYNTAX)))
def test_no_bytes_break_the_search(data, codec):
    found = parameter_sets(data, SYNTAX[codec])
    assert parameter_sets(found, SYNTAX[codec]) == found


def test_the_newest_parameter_sets_are_put_before_key_pictures():
    headers = KeyPictureHeaders("h264", joined(SPS, PPS))
    assert headers.complete(joined(SLICE), is_key=False) == joined(SLICE)
    assert headers.complete(joined(IDR), is_key=True) == joined(SPS, PPS, IDR)
    changed = joined(NEW_SPS, PPS, IDR)
    assert headers.complete(changed, is_key=True) == changed
    assert headers.complete(joined(IDR), is_key=True) == joined(NEW_SPS, PPS, IDR)


def test_without_any_known_and_for_other_codecs_pictures_stay_as_they_are():
    assert KeyPictureHeaders("h264", b"").complete(joined(IDR), is_key=True) == joined(IDR)
    assert KeyPictureHeaders("mjpeg", b"xy").complete(b"\xff\xd8", is_key=True) == b"\xff\xd8"


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_configuration_records_of_a_real_muxer(coded_stream, write_film, tmp_path, codec):
    stream = coded_stream(codec, 10)
    with av.open(write_film(stream, tmp_path / "film.mp4")) as film:
        record = film.streams.video[0].codec_context.extradata
    assert is_configuration_record(record)
    expected = parameter_sets(stream.packets[0].data, SYNTAX[codec])
    assert parameter_sets(extradata_to_annex_b(codec, record), SYNTAX[codec]) == expected
    last_set_ends = record.rindex(expected.rpartition(START_CODE)[2]) + 1
    for length in range(7, last_set_ends):
        with pytest.raises(ValueError, match="cut short"):
            extradata_to_annex_b(codec, record[:length])


@given(st.binary(max_size=80), st.sampled_from(sorted(SYNTAX)))
def test_a_nonsense_record_is_refused_not_believed(tail, codec):
    record = b"\x01" + tail
    try:
        found = extradata_to_annex_b(codec, record)
    except ValueError:
        return
    assert found == record or len(found) <= 2 * len(record)
