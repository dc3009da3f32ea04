// Khronos' glTF validator over the named files; prints one JSON list of {file, errors, warnings, issues, info}.
// NODE_MODULES: the folder that holds gltf-validator (default: node_modules at the top of the repository).
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const modules = path.resolve(process.env.NODE_MODULES || path.join(import.meta.dirname, '../../node_modules'));
const validator = createRequire(path.join(modules, 'x.js'))('gltf-validator');
const out = [];
for (const file of process.argv.slice(2)) {
  const report = await validator.validateBytes(new Uint8Array(fs.readFileSync(file)), { maxIssues: 100 });
  out.push({
    file: path.basename(file),
    errors: report.issues.numErrors,
    warnings: report.issues.numWarnings,
    issues: report.issues.messages,
    info: report.info,
  });
}
console.log(JSON.stringify(out));
