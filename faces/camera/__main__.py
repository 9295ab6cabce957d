"""The process of the machine's camera: `python -m faces.camera NUMBER NAME PARENT`.

It answers on a local socket without a file, `NAME`, because several web processes share
one camera. It writes no file and can be read by no other process.
"""

from __future__ import annotations

import errno
import resource
import socket
import sys
from typing import NoReturn

from faces.camera.device import Camera, prepare
from faces.camera.limits import FILES_MAX, MEMORY_MAX_BYTES
from faces.camera.number import camera_number
from faces.camera.serving import serve
from faces.processes.confining import confine, output_take
from faces.processes.wire import message_pack


def main() -> NoReturn:
    """Serve frames of the camera with this number, as long as a capture lasts."""
    try:
        number = camera_number(sys.argv[1])
    except ValueError as refused:
        sys.exit(str(refused))
    confine(parent_pid=int(sys.argv[3]), memory_max_bytes=MEMORY_MAX_BYTES)
    told = output_take()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(f"\0{sys.argv[2]}")
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        # Another web process was quicker; its camera is everybody's.
        with told:
            told.write(message_pack({"taken": True}))
        sys.exit()
    prepare()
    listening.listen()
    with told:
        told.write(message_pack({"ready": True}))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_MAX, FILES_MAX))
    serve(listening, open_device=lambda: Camera(number))


if __name__ == "__main__":
    main()
