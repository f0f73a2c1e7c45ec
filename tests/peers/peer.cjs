// The peers that the benchmark measures beside us, driven one JSON line a command.
//
// TradeTrust's `wrapDocument` stands for preparing a document, `tt-verify` for verifying one against a node. Its DNS
// check of the issuer's name needs the internet, so only its hash check and its document-store check are built in:
// what is left out would only make it slower. The store is the one of its own project; the newer one that proves a
// document within a batch on chain cannot be used: tt-verify 9.7.2 hands it a hash without 0x and gets an error.
//
//   {"op":"wrap", "document":…, "seconds":1}                       -> {"single":{count,seconds}, "many":{count,seconds}}
//   {"op":"deploy", "rpc":…, "key":…, "document":…, "count":100}    -> {"store":…, "gasIssue":…, "gasDeploy":…}
//   {"op":"verify", "mode":"one"|"many"|"many-batched", "count":n}  -> {"count", "seconds", "calls"}

"use strict";
const readline = require("node:readline");
const { performance } = require("node:perf_hooks");
const { ethers } = require("ethers");
const { wrapDocument, wrapDocuments } = require("@tradetrust-tt/tradetrust");
const {
  verificationBuilder, openAttestationHash, openAttestationEthereumDocumentStoreStatus, isValid,
} = require("@tradetrust-tt/tt-verify");
const { DocumentStoreFactory } = require("@tradetrust-tt/document-store");

const VERIFIERS = [openAttestationHash, openAttestationEthereumDocumentStoreStatus];
const state = { rpc: "", documents: [] };

const now = () => performance.now() / 1000;

// The format asks for an issuer that names its store; the rest of the document is the caller's own.
const asOpenAttestation = (document, store) => ({
  ...document,
  issuers: [{ name: "Issuer", documentStore: store, identityProof: { type: "DNS-TXT", location: "issuer.example" } }],
});

// Seconds of processor time, so that a busy machine slows nobody: what counts is documents a core.
const spent = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };

function repeat(seconds, each, step) {
  const started = spent();
  let count = 0;
  do { step(); count += each; } while (spent() - started < seconds);
  return { count, seconds: spent() - started };
}

function wrap({ document, seconds }) {
  const one = asOpenAttestation(document, ethers.constants.AddressZero.replace(/0$/, "1"));
  const hundred = Array.from({ length: 100 }, () => one);
  wrapDocument(one); // compiles the schema once
  return {
    single: repeat(seconds, 1, () => wrapDocument(one)),
    many: repeat(seconds, 100, () => wrapDocuments(hundred)),
  };
}

async function deploy({ rpc, key, document, count }) {
  const provider = new ethers.providers.StaticJsonRpcProvider(rpc);
  provider.pollingInterval = 20; // ms; by default it looks for a receipt every four seconds
  const signer = new ethers.Wallet(key, provider);
  const gas = { gasLimit: 8_000_000, gasPrice: await provider.getGasPrice() };
  const store = await new DocumentStoreFactory(signer).deploy("Peer", signer.address, gas);
  const created = await store.deployTransaction.wait();
  state.rpc = rpc;
  state.documents = Array.from({ length: count }, (_, n) =>
    wrapDocument(asOpenAttestation({ ...document, serial: `peer-${n}` }, store.address)));
  let issued;
  for (const wrapped of state.documents) {
    issued = await (await store["issue(bytes32)"](`0x${wrapped.signature.merkleRoot}`, gas)).wait();
  }
  const verdict = await verifierOn(provider)(state.documents[0]);
  if (!isValid(verdict, ["DOCUMENT_INTEGRITY", "DOCUMENT_STATUS"])) throw new Error(JSON.stringify(verdict));
  const forged = JSON.parse(JSON.stringify(state.documents[0]));
  forged.signature.targetHash = state.documents[1].signature.targetHash;
  if (isValid(await verifierOn(provider)(forged), ["DOCUMENT_INTEGRITY", "DOCUMENT_STATUS"])) throw new Error("accepts anything");
  return { store: store.address, gasIssue: issued.gasUsed.toNumber(), gasDeploy: created.gasUsed.toNumber() };
}

const verifierOn = (provider) => verificationBuilder(VERIFIERS, { provider });

async function verify({ mode, count }) {
  const Provider = mode === "many-batched" ? ethers.providers.JsonRpcBatchProvider : ethers.providers.StaticJsonRpcProvider;
  const network = await new ethers.providers.StaticJsonRpcProvider(state.rpc).getNetwork();
  const provider = new Provider(state.rpc, network);
  let calls = 0;
  const send = provider.send.bind(provider);
  provider.send = (method, params) => { calls += 1; return send(method, params); };
  const check = verifierOn(provider);
  const picked = Array.from({ length: count }, (_, n) => state.documents[n % state.documents.length]);
  const started = now();
  const verdicts = [];
  if (mode === "one") for (const document of picked) verdicts.push(await check(document));
  else verdicts.push(...await Promise.all(picked.map((document) => check(document))));
  const seconds = now() - started;
  if (!verdicts.every((verdict) => isValid(verdict, ["DOCUMENT_INTEGRITY", "DOCUMENT_STATUS"]))) throw new Error("not valid");
  return { count, seconds, calls: calls / count };
}

const OPERATIONS = { wrap, deploy, verify };

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    let answer;
    try {
      answer = await OPERATIONS[command.op](command);
    } catch (error) {
      answer = { error: String(error && error.stack || error) };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
})();
