#!/usr/bin/env bash
# Guess: mutt copies a message from one mbox to another unchanged, and a file without a final line break loses nothing.
# So: mutt 2.2.12 adds Content-Length and Lines, keeps `>From` quoted although readers that use Content-Length take it literally, and drops the file's last character if no line break follows it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq mutt=2.2.12-0.1~deb12u2 libgpgme11 libassuan0 libgsasl18 libgssglue1 libidn12 libntlm0 libtokyocabinet9 libncursesw6
for package in *.deb; do dpkg-deb -x "$package" image; done
printf '%s\n' 'From a@example.com Mon Nov 30 10:00:00 2026' 'Subject: one' '' 'Hello' '' '>From here on' '' >in.mbox
printf 'the end' >>in.mbox
{
  printf 'set %s\n' "folder=$folder" mbox_type=mbox copy=yes confirmappend=no confirmcreate=no delete=no quit=yes dotlock_program=/bin/true
  echo "folder-hook . 'push \"<first-entry><copy-message>$folder/out.mbox<enter><exit>\"'"
} >rc
mkfifo keyboard
exec 3<>keyboard # a terminal whose input never ends
export HOME="$folder" TERM=xterm LD_LIBRARY_PATH="$folder/image/usr/lib/x86_64-linux-gnu"
timeout 60 script -qec "image/usr/bin/mutt -n -F rc -f in.mbox" /dev/null <&3 >/dev/null
cat out.mbox
grep -qx 'Content-Length: 28' out.mbox
grep -qx '>From here on' out.mbox
grep -qx 'the en' out.mbox
