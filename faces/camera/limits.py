"""How long a camera may be on, and how long anybody waits for it."""

from __future__ import annotations

# What the page films with, as the kiosk's browser does.
WIDTH_PX, HEIGHT_PX = 640, 480
JPEG_QUALITY = 90
FRAME_MAX_BYTES = 1_000_000

# As long as a capture (consent.gate.CAPTURE_SECONDS), whatever a request says.
CAPTURE_MAX_SECONDS = 120.0
# The page asks about six times a second. Who asks no more has gone, and each request
# had a permit: an ended capture asks no more either.
IDLE_MAX_SECONDS = 2.0
# A camera on USB takes about one second to start, some of them three.
OPEN_MAX_SECONDS = 8.0
# Somebody who connects and says nothing holds up the camera no longer than this.
REQUEST_READ_MAX_SECONDS = 0.5

START_MAX_SECONDS = 10.0
ANSWER_MAX_SECONDS = 10.0
RELEASE_MAX_SECONDS = 1.0

# Address space, half of which is in use when ready (0.4 GB).
MEMORY_MAX_BYTES = 1024 * 1024**2
FILES_MAX = 16
