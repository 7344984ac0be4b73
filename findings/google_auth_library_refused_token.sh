#!/usr/bin/env bash
# Guess: google-auth-library refreshes the token and resends the request when the API answers 401.
# So: google-auth-library 10.9.1 does so only if it doesn't know when the token expires; with an expiry in the future (a revoked token, a wrong clock) the 401 is final. forceRefreshOnFailure changes that.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" google-auth-library@10.9.1 >/dev/null
cd "$folder"
cat >check.mjs <<'NODE'
import assert from 'node:assert';
import http from 'node:http';
import { OAuth2Client } from 'google-auth-library';
let paths = [];
const server = http.createServer((request, response) => {
  paths.push(request.url);
  const status = request.url === '/token' || request.headers.authorization === 'Bearer new' ? 200 : 401;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(request.url === '/token' ? { access_token: 'new', expires_in: 3600 } : {}));
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const base = `http://127.0.0.1:${server.address().port}`;
const run = async (expiry_date, options) => {
  paths = [];
  const client = new OAuth2Client({ clientId: 'i', clientSecret: 's', endpoints: { oauth2TokenUrl: `${base}/token` }, ...options });
  client.setCredentials({ access_token: 'old', refresh_token: 'r', expiry_date });
  const { status } = await client.request({ url: `${base}/api` }).catch((error) => error);
  return [status, paths.join(' ')];
};
const hour = Date.now() + 3600000;
const seen = [await run(undefined), await run(hour), await run(hour, { forceRefreshOnFailure: true })];
server.close();
console.log(seen);
assert.deepEqual(seen, [[200, '/api /token /api'], [401, '/api'], [200, '/api /token /api']]);
NODE
node check.mjs
