// One process for many requests: a line {"script", "arguments"} comes in, a line {"answer"} or {"error"} goes out.
// What the scripts print on the way goes to the error stream.
import readline from 'node:readline';

console.log = console.info = console.debug = console.error;
for await (const line of readline.createInterface({ input: process.stdin })) {
  let told;
  try {
    const asked = JSON.parse(line);
    const { default: answer } = await import(`./${asked.script}`);
    told = { answer: await answer(...asked.arguments) };
  } catch (error) {
    told = { error: String(error?.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
process.exit(0);
