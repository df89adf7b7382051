"""What a camera can do to the RTSP client."""

from gateway.errors import GatewayError


class RtspProtocolError(GatewayError):
    """A camera's answer or description cannot be understood; the text says what of it."""

    code = "rtsp_protocol"
