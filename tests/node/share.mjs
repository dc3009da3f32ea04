// A shared avatar in a browser that nobody signed in with: node share.mjs URL PICTURE CHROMIUM
import path from "node:path";
import { createRequire } from "node:module";

const [url, picture, executablePath] = process.argv.slice(2);
const { chromium } = createRequire(path.join(process.env.NODE_MODULES, "x"))("playwright-core");
const args = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"];
const browser = await chromium.launch({ executablePath, args });
const seen = { console: [], violations: [], refused: [] };
const page = await (await browser.newContext()).newPage();
page.setDefaultTimeout(110_000);
page.on("console", (m) => ["error", "warning"].includes(m.type()) && seen.console.push(m.text()));
page.on("pageerror", (e) => seen.console.push(String(e)));
page.on("response", (r) => r.status() >= 400 && seen.refused.push([r.status(), r.url()]));
await page.exposeFunction("noteViolation", (text) => seen.violations.push(text));
await page.addInitScript(() => {
  addEventListener("securitypolicyviolation", (e) => window.noteViolation(`${e.violatedDirective} ${e.blockedURI}`));
});
await page.goto(url, { waitUntil: "commit" });
await page.waitForSelector('[data-ready="true"], .note-bad, form');
seen.ready = await page.locator('[data-ready="true"]').count();
seen.text = await page.locator("body").innerText();
await page.screenshot({ path: picture });
await browser.close();
console.log(JSON.stringify(seen));
