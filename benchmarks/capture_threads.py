"""`python -m benchmarks.capture_threads URL COUNT`: streams kept by OpenCV, a thread for each."""

import os
import sys
import threading

import cv2


def main(url: str, count: int) -> None:
    """Take pictures from every stream until the process is ended."""
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "rtsp_transport;tcp"
    threads = [
        threading.Thread(target=_take, args=(f"{url}/c{number}",)) for number in range(count)
    ]
    for thread in threads:
        thread.start()


def _take(url: str) -> None:
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
    while capture.grab():
        pass


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
