#!/bin/sh
# Makes sure that ffprobe and GStreamer are there for the stream tests, or says what to install.
set -eu

PACKAGES="ffmpeg gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav"
ELEMENTS="rtspsrc rtph264depay rtph265depay rtpmp4gdepay rtppcmudepay h264parse h265parse avdec_h264 avdec_h265 avdec_aac mulawdec"

missing() {
  command -v ffprobe >/dev/null 2>&1 || { echo "ffprobe"; return; }
  command -v gst-launch-1.0 >/dev/null 2>&1 || { echo "gst-launch-1.0"; return; }
  for element in $ELEMENTS; do
    gst-inspect-1.0 --exists "$element" 2>/dev/null || { echo "GStreamer's $element"; return; }
  done
}

[ -z "$(missing)" ] && exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "Installing ffprobe and GStreamer for the stream tests (once) ..." >&2
  apt-get update -qq >/dev/null
  # shellcheck disable=SC2086 # a list of words
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $PACKAGES >/dev/null
  [ -z "$(missing)" ] && exit 0
fi

echo "The stream tests play what the simulator streams with players that are not ours; missing: $(missing)." >&2
echo "Install them. Debian, Ubuntu: sudo apt-get install $PACKAGES" >&2
exit 1
