// Runs one Ganache chain: `node serve.js FOLDER_OF_NODE_MODULES`, options as one line of JSON on stdin.
// Secrets come over stdin, so that no process listing shows them. The open stdin is also the leash: when it
// ends, the parent is gone, however it died, and the chain closes its database and leaves.
"use strict";

const { createRequire } = require("node:module");
const path = require("node:path");

const load = createRequire(path.join(process.argv[2], "package.json"));
const ganache = load("ganache");

let server;
let leaving = false;

async function leave(code) {
  if (leaving) return;
  leaving = true;
  try {
    // server.close() waits for clients that keep their connection: the database is closed by itself.
    if (server) await server.provider.disconnect();
  } finally {
    process.exit(code);
  }
}

async function start(options) {
  const { host, port, ...chain } = options;
  server = ganache.server({ ...chain, logging: { quiet: true } });
  await server.listen(port, host);
  process.stdout.write(JSON.stringify({ port: server.address().port }) + "\n");
}

process.on("SIGTERM", () => leave(0));
process.on("SIGINT", () => {}); // Ctrl-C reaches the whole terminal group: the parent decides when to stop

let text = "";
let started = false;
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => {
  if (started) return;
  text += chunk;
  const end = text.indexOf("\n");
  if (end < 0) return;
  started = true;
  start(JSON.parse(text.slice(0, end))).catch((error) => {
    process.stderr.write(String((error && error.stack) || error) + "\n");
    leave(1);
  });
});
process.stdin.on("end", () => leave(0));
