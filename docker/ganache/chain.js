// A Ganache for several installations to share: `node chain.js`, or `node chain.js --healthy` to ask whether it answers.
//
// CHAIN_ID (1337), CHAIN_PORT (8545), CHAIN_DATA (/data), CHAIN_HEARTBEAT (seconds, 30), and CHAIN_FUND: addresses,
// separated by commas, that get money when they have none. It holds no keys: transactions come signed.
"use strict";

const port = Number(process.env.CHAIN_PORT || 8545);
const chainId = Number(process.env.CHAIN_ID || 1337);
const heartbeat = Number(process.env.CHAIN_HEARTBEAT || 30);
const funded = (process.env.CHAIN_FUND || "").split(",").map((each) => each.trim()).filter(Boolean);

async function ask(method, params = []) {
  const answer = await fetch(`http://127.0.0.1:${port}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return (await answer.json()).result;
}

async function run() {
  const ganache = require("ganache");
  const server = ganache.server({
    chain: { chainId, networkId: chainId, hardfork: "shanghai" },
    database: { dbPath: process.env.CHAIN_DATA || "/data" },
    // Not "eager": that hangs eth_sendRawTransaction on a nonce gap.
    miner: { instamine: "strict", blockGasLimit: 30000000, callGasLimit: 2 ** 50 },
    wallet: { totalAccounts: 0 },
    logging: { quiet: true },
  });
  await server.listen(port, "0.0.0.0");
  for (const address of funded) {
    if (BigInt(await server.provider.request({ method: "eth_getBalance", params: [address, "latest"] })) === 0n) {
      await server.provider.request({ method: "evm_setAccountBalance", params: [address, "0xc9f2c9cd04674edea40000000"] });
    }
  }
  console.log(`chain ${chainId} on port ${port}`);
  // An idle chain mines nothing, and its data would seem to grow old.
  const beat = setInterval(async () => {
    const head = await server.provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] });
    if (Date.now() / 1000 - Number(head.timestamp) >= heartbeat) await server.provider.request({ method: "evm_mine", params: [] });
  }, 1000);
  for (const name of ["SIGTERM", "SIGINT"]) {
    process.on(name, async () => {
      clearInterval(beat);
      await server.provider.disconnect(); // closes the database; waiting for kept connections would take for ever
      process.exit(0);
    });
  }
}

if (process.argv[2] === "--healthy") {
  ask("eth_chainId").then((id) => process.exit(Number(id) === chainId ? 0 : 1), () => process.exit(1));
} else {
  run().catch((error) => { console.error(error); process.exit(1); });
}
