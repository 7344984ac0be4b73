#!/usr/bin/env bash
# Guess: gaxios, which Google's Node clients use, waits as long as Retry-After says before it retries, and also retries the 403 that Gmail sends for a rate limit.
# So: gaxios 7.3.1 retries a 429 with `Retry-After: 3` after about 0.1 seconds, and never retries a 403 with rateLimitExceeded.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" gaxios@7.3.1 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import http from 'node:http';
import { Gaxios } from 'gaxios';
let times = [];
const server = http.createServer((request, response) => {
  times.push(Date.now());
  const status = times.length > 1 ? 200 : Number(request.url.slice(1));
  response.writeHead(status, { 'content-type': 'application/json', ...(status === 429 && { 'retry-after': '3' }) });
  response.end(JSON.stringify(status === 403 ? { error: { errors: [{ reason: 'rateLimitExceeded' }] } } : {}));
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const run = async (status) => {
  times = [];
  await new Gaxios().request({ url: `http://127.0.0.1:${server.address().port}/${status}`, retry: true }).catch(() => {});
  return times;
};
const [limited, forbidden] = [await run(429), await run(403)];
server.close();
console.log({ waited: limited[1] - limited[0], requests: [limited.length, forbidden.length] });
assert.ok(limited.length === 2 && limited[1] - limited[0] < 3000);
assert.equal(forbidden.length, 1);
NODE
node check.mjs
