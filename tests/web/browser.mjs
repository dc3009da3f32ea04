// What the walks through the pages share: a browser, pages that note what they must not do, pictures to compare.
import { createRequire } from "node:module";
import path from "node:path";

const ARGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"];

/** A browser; `seen` gathers what must stay empty. */
export async function launch(modules, executablePath) {
  const { chromium } = createRequire(path.join(modules, "x"))("playwright-core");
  const browser = await chromium.launch({ executablePath, args: ARGS });
  return { browser, seen: { console: [], violations: [], failed: [], outside: [] } };
}

/** A page that notes what it must not do. */
export async function open(context, base, seen) {
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && seen.console.push(`${m.text()} ${m.location().url}`));
  page.on("pageerror", (e) => seen.console.push(String(e)));
  page.on("requestfailed", (r) => {
    // Leaving a page drops the pictures that it was still waiting for.
    if (r.failure()?.errorText !== "net::ERR_ABORTED") seen.failed.push(`${r.url()} ${r.failure()?.errorText}`);
  });
  page.on("request", (r) => {
    if (!r.url().startsWith(base) && !/^(blob|data):/.test(r.url())) seen.outside.push(r.url());
  });
  await page.exposeFunction("noteViolation", (text) => seen.violations.push(text));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (e) => window.noteViolation(`${e.violatedDirective} ${e.blockedURI}`));
  });
  return page;
}

/** How many pixels differ between two PNGs. */
export async function differing(page, before, after) {
  const urls = [before, after].map((b) => `data:image/png;base64,${b.toString("base64")}`);
  // Decoded on an empty page: the pages' own policy has no say there.
  const blank = await page.context().newPage();
  const count = await blank.evaluate(async (sources) => {
    const [a, b] = await Promise.all(
      sources.map(async (source) => {
        const image = new Image();
        image.src = source;
        await image.decode();
        const canvas = new OffscreenCanvas(image.width, image.height);
        const pen = canvas.getContext("2d");
        pen.drawImage(image, 0, 0);
        return pen.getImageData(0, 0, image.width, image.height).data;
      }),
    );
    let count = 0;
    for (let i = 0; i < a.length; i += 4) {
      count += Math.max(Math.abs(a[i] - b[i]), Math.abs(a[i + 1] - b[i + 1]), Math.abs(a[i + 2] - b[i + 2])) > 12;
    }
    return count;
  }, urls);
  await blank.close();
  return count;
}

/** The stage in `pane` alone, when it has come to rest. */
export async function stage(page, pane = "") {
  await page.mouse.move(500, 450); // no button under it that lights up
  await page.waitForTimeout(100);
  await page.waitForSelector(`${pane} .stage:not([data-moving])`, { state: "attached" });
  return page.locator(`${pane} .stage`).screenshot();
}
