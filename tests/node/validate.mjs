// Khronos' glTF validator over the named files; answers with a list of {file, errors, warnings, issues, info, version}.
import fs from 'node:fs';
import path from 'node:path';
import { command, need } from './command.mjs';

const validator = need('gltf-validator');

const validate = async (...files) => {
  const out = [];
  for (const file of files) {
    const report = await validator.validateBytes(new Uint8Array(fs.readFileSync(file)), { maxIssues: 100 });
    out.push({
      file: path.basename(file),
      errors: report.issues.numErrors,
      warnings: report.issues.numWarnings,
      issues: report.issues.messages,
      info: report.info,
      version: validator.version(),
    });
  }
  return out;
};

export default validate;
await command(import.meta, validate);
