// Speaks the two commands that build tools ask of a native solc, with the npm compiler behind them.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const solc = require("solc");

const args = process.argv.slice(2);
if (args.includes("--version")) {
  const version = solc.version().replace(".Emscripten.clang", ".Emscripten.clang");
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version}\n`);
} else if (args.includes("--standard-json")) {
  const read = (file) => {
    try {
      return { contents: fs.readFileSync(path.resolve(file), "utf8") };
    } catch (failure) {
      return { error: String(failure) };
    }
  };
  process.stdout.write(solc.compile(fs.readFileSync(0, "utf8"), { import: read }));
} else {
  process.stderr.write("usage: solc --version | --standard-json < input.json\n");
  process.exit(2);
}
