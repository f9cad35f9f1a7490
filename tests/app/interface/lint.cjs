// Lints a description of an interface by the recommended rules of Redocly and of Spectral.
const fs = require("node:fs");
const { createConfig, lint } = require("@redocly/openapi-core");
const { Spectral, Document } = require("@stoplight/spectral-core");
const { Json } = require("@stoplight/spectral-parsers");
const { oas } = require("@stoplight/spectral-rulesets");

const SEVERITIES = ["error", "warn", "info", "hint"];

async function main(file) {
  const config = await createConfig({ extends: ["recommended"] });
  const redocly = (await lint({ ref: file, config })).map((found) => ({
    linter: "redocly",
    severity: found.severity,
    rule: found.ruleId,
    place: (found.location[0] || {}).pointer,
    message: found.message,
  }));
  const spectral = new Spectral();
  spectral.setRuleset({ extends: [[oas, "recommended"]] });
  const read = new Document(fs.readFileSync(file, "utf-8"), Json, file);
  const others = (await spectral.run(read)).map((found) => ({
    linter: "spectral",
    severity: SEVERITIES[found.severity],
    rule: found.code,
    place: found.path.join("/"),
    message: found.message,
  }));
  console.log(JSON.stringify([...redocly, ...others], null, 1));
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
