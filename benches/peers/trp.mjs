// Serves TRP.js: a file's path a line in, {"seconds": s, "characters": n} a line out.
//
// usage: node --expose-gc trp.mjs FOLDER, where FOLDER/node_modules holds what package.json asks for
//
// The clock starts with the file's bytes in memory and stops at the text of the whole document. What the file before
// left is collected first.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(join(resolve(process.argv[2]), "package.json"));
const { TextractDocument } = require("amazon-textract-response-parser");

// Only answers go to stdout, and the peer does not pay for its warnings.
for (const level of ["debug", "info", "log", "warn", "error"]) console[level] = () => {};

// The lines as they come. `getTextInReadingOrder` of each page takes a little longer.
const textOf = (bytes) => new TextractDocument(JSON.parse(bytes.toString())).text;

for await (const file of createInterface({ input: process.stdin })) {
  const bytes = readFileSync(file);
  globalThis.gc();
  let answer;
  try {
    const start = performance.now();
    const text = textOf(bytes);
    const seconds = (performance.now() - start) / 1000;
    let characters = 0;
    for (const _ of text) characters += 1; // code points, where `length` counts UTF-16 units
    answer = { seconds, characters };
  } catch (error) {
    answer = { error: error.constructor.name };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
