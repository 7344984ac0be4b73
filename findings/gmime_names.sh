#!/usr/bin/env bash
# Guess: gmime unfolds a quoted name (RFC 5322 2.2.3), and sorts the sections of a parameter by number (RFC 2231 3) before it strips the charset from the first.
# So: gmime 3.2.13 returns `"Very<CRLF> long name"` with its CR and LF; and if section 1 precedes section 0, the file name begins with "utf-8''".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq libgmime-3.0-0=3.2.13+dfsg-2 gir1.2-gmime-3.0=3.2.13+dfsg-2 libgpgme11 libassuan0 python3-gi libgirepository-1.0-1 gir1.2-glib-2.0
for package in *.deb; do dpkg-deb -x "$package" unpacked; done
libraries=$(echo "$folder"/unpacked/usr/lib/*-linux-gnu)
cat >check.py <<'PYTHON'
import gi
gi.require_version("GMime", "3.0")
from gi.repository import GMime
GMime.init()
lines = [
    'From: "Very', ' long name" <eva@example.com>', "Content-Type: application/octet-stream",
    "Content-Disposition: attachment; filename*1*=%C3%9Fe.txt; filename*0*=utf-8''Gr%C3%BC", "", "x", "",
]
stream = GMime.StreamMem.new_with_buffer("\r\n".join(lines).encode())
message = GMime.Parser.new_with_stream(stream).construct_message(None)
read = (message.get_from().get_address(0).get_name(), message.get_mime_part().get_filename())
print(read)
assert read == ("Very\r\n long name", "utf-8''Grüße.txt")
PYTHON
LD_LIBRARY_PATH=$libraries GI_TYPELIB_PATH=$libraries/girepository-1.0:$folder/unpacked/usr/lib/girepository-1.0 \
  PYTHONPATH=$folder/unpacked/usr/lib/python3/dist-packages /usr/bin/python3 check.py
