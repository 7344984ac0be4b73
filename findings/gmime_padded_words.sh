#!/usr/bin/env bash
# Guess: gmime, on which notmuch is built, reads adjacent base64 encoded words of any length: each is complete and has its own padding (RFC 2047 2 and 6.2).
# So: gmime 3.2.13 joins the base64 of adjacent words in one charset and stops at the first padding: `=?utf-8?B?SGVsbG8=?= =?utf-8?B?IHdvcmxk?=` becomes "Hello", without an error. This is gmime's issue 133, since closed; Debian 12 still ships it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq libgmime-3.0-0=3.2.13+dfsg-2 gir1.2-gmime-3.0=3.2.13+dfsg-2 libgpgme11 libassuan0 python3-gi libgirepository-1.0-1 gir1.2-glib-2.0
for package in *.deb; do dpkg-deb -x "$package" unpacked; done
libraries=$(echo "$folder"/unpacked/usr/lib/*-linux-gnu)
cat >check.py <<'PYTHON'
from email.header import decode_header, make_header

import gi
gi.require_version("GMime", "3.0")
from gi.repository import GMime
GMime.init()
decoded = lambda subject: GMime.utils_header_decode_text(None, subject)
padded = "=?utf-8?B?SGVsbG8=?= =?utf-8?B?IHdvcmxk?="
wrong, right = decoded(padded), str(make_header(decode_header(padded)))
print(repr(wrong), repr(right))
assert (wrong, right) == ("Hello", "Hello world")
# Two Japanese words as most programs write them, then two forms that decode correctly: without padding in between, and Q.
assert decoded("=?iso-2022-jp?B?GyRCRnwbKEI=?= =?iso-2022-jp?B?GyRCS1wbKEI=?=") == "日"
assert decoded("=?utf-8?B?SGVsbG8g?= =?utf-8?B?d29ybGQ=?=") == "Hello world"
assert decoded("=?utf-8?Q?Hello?= =?utf-8?Q?_world?=") == "Hello world"
PYTHON
LD_LIBRARY_PATH=$libraries GI_TYPELIB_PATH=$libraries/girepository-1.0:$folder/unpacked/usr/lib/girepository-1.0 \
  PYTHONPATH=$folder/unpacked/usr/lib/python3/dist-packages /usr/bin/python3 check.py
