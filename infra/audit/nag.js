// Runs cdk-nag's packs AwsSolutions and Serverless over templates, and holds the findings against acknowledged.json.
// Deploys nothing, calls no AWS. Exits 1 for a finding that has no written reason, and for a reason that no finding needs.
//
// node nag.js FOLDER      FOLDER holds templates as JSON, their loops expanded: CfnInclude does not support loops.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { App, Stack, Validations } = require('aws-cdk-lib');
const { CfnInclude } = require('aws-cdk-lib/cloudformation-include');
const { AwsSolutionsChecks, ServerlessChecks } = require('cdk-nag');

const PACKS = ['AwsSolutions', 'Serverless'];
const acknowledged = JSON.parse(fs.readFileSync(path.join(__dirname, 'acknowledged.json'), 'utf8'));

// The violations as "STACK/RESOURCE RULE".
function violations(folder) {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'alma-webhooks-audit-'));
  try {
    // Its own report would end the run, acknowledged below or not.
    const app = new App({ outdir, context: { '@aws-cdk/core:failSynthOnValidationErrors': false } });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
    const stacks = fs.readdirSync(folder).filter((name) => name.endsWith('.json')).map((name) => path.parse(name).name);
    for (const name of stacks) {
      new CfnInclude(new Stack(app, name), 'T', { templateFile: path.join(folder, `${name}.json`) });
    }
    app.synth();
    const { pluginReports } = JSON.parse(fs.readFileSync(path.join(outdir, 'validation-report.json'), 'utf8'));
    const reports = pluginReports.filter((report) => PACKS.includes(report.pluginName));
    if (!stacks.length || reports.length !== PACKS.length) throw new Error(`cdk-nag did not look at ${folder}`);
    return { stacks, found: reports.flatMap((report) => report.violations.flatMap(lines)) };
  } finally {
    fs.rmSync(outdir, { recursive: true, force: true });
  }
}

function lines({ ruleName, violatingConstructs }) {
  return violatingConstructs.map(({ constructPath }) => `${constructPath.replace('/T/', '/')} ${ruleName}`);
}

const { stacks, found } = violations(process.argv[2]);
const reasons = acknowledged.flatMap(({ rules, resources, reason }) =>
  (reason ? resources : []).flatMap((resource) => rules.map((rule) => `${resource} ${rule}`)));
const unexplained = found.filter((one) => !reasons.includes(one));
const unneeded = reasons.filter((one) => stacks.includes(one.split('/')[0]) && !found.includes(one));
for (const one of unexplained) console.log(`finding without a reason in infra/audit/acknowledged.json: ${one}`);
for (const one of unneeded) console.log(`reason without a finding in infra/audit/acknowledged.json: ${one}`);
console.log(`cdk-nag: ${stacks.join(', ')}: ${found.length} findings, ${unexplained.length} without a written reason`);
process.exitCode = unexplained.length || unneeded.length ? 1 : 0;
