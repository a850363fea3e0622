// Reads records, one a line, from standard input; writes what does not match, one JSON array for all.

import { readFileSync } from "node:fs";
import { readRecord, verify } from "../../../static/js/verify/verify.js";

const found = [];
for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { ok, failed } = await verify(readRecord(line));
  if (!ok) found.push({ failed, record: JSON.parse(line) });
}
process.stdout.write(JSON.stringify(found));
