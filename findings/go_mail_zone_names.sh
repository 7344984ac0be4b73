#!/usr/bin/env bash
# Guess: Go's net/mail reads EST in a Date as -0500: RFC 5322 4.3 gives the North American names fixed offsets.
# So: Go 1.19 knows the name only if the machine's own zone uses it: the same date is 15:00Z in New York and 10:00Z elsewhere, without an error.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq golang-1.19-go=1.19.8-2 golang-1.19-src=1.19.8-2
for package in *.deb; do dpkg-deb -x "$package" image; done
cat >main.go <<'GO'
package main

import (
	"fmt"
	"net/mail"
	"time"
)

func main() {
	date, err := mail.ParseDate("Thu, 30 Nov 2006 10:00:00 EST")
	fmt.Println(date.UTC().Format(time.RFC3339), err)
}
GO
export GOROOT="$folder/image/usr/lib/go-1.19" GOCACHE="$folder/cache" GO111MODULE=off
"$GOROOT/bin/go" build -o main main.go
there=$(TZ=America/New_York ./main)
here=$(TZ=UTC ./main)
echo "$there / $here"
[ "$there" = "2006-11-30T15:00:00Z <nil>" ] && [ "$here" = "2006-11-30T10:00:00Z <nil>" ]
