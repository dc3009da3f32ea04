// What these scripts share: where npm's packages are, and how a script is run by itself.
// NODE_MODULES: the folder that holds the packages (default: node_modules at the top of the repository).
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

export const modules = path.resolve(process.env.NODE_MODULES || path.join(import.meta.dirname, '../../node_modules'));
export const load = (name) => import(pathToFileURL(path.join(modules, name)).href);
export const need = createRequire(path.join(modules, 'x.js'));
export const version = (name) => JSON.parse(fs.readFileSync(path.join(modules, name, 'package.json'), 'utf8')).version;

/** A file's bytes in an ArrayBuffer of their own. */
export const read = (file) => {
  const bytes = fs.readFileSync(file);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
};

/** Calls `answer` with the words of the command line and prints what it returns, if `meta` is the script that was run. */
export const command = async (meta, answer) => {
  if (pathToFileURL(fs.realpathSync(process.argv[1])).href !== meta.url) return;
  const text = JSON.stringify(await answer(...process.argv.slice(2)));
  process.stdout.write(`${text}\n`, () => process.exit(0));
};

/** Farthest that a coordinate of `after` lies from `before`; infinite when one of them is no number. */
export const farthest = (before, after) => {
  let far = 0;
  for (let i = 0; i < after.length; i++) far = Math.max(far, Number.isFinite(after[i]) ? Math.abs(after[i] - before[i]) : Infinity);
  return far;
};
