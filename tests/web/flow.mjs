// The way of a new owner through the pages, in a real browser: node flow.mjs BASE TOKEN PICTURES MODULES CHROMIUM UPLOAD
// Prints one JSON object of what was seen; exits with 1 and the reason when a step cannot be taken.
import path from "node:path";
import { differing, launch, open as openPage, stage } from "./browser.mjs";

const [base, token, pictures, modules, executablePath, upload] = process.argv.slice(2);
const { browser, seen } = await launch(modules, executablePath);
const open = (context) => openPage(context, base, seen);
const shot = (page, name) => page.screenshot({ path: path.join(pictures, `${name}.png`) });
const ready = (page) => page.waitForSelector(".viewport[data-ready=true]", { timeout: 240_000 });

try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await open(context);

  // Set up
  await page.goto(`${base}/setup?token=${token}`);
  await page.fill("[name=name]", "ada");
  await page.fill("[name=password]", "a long password");
  await page.fill("[name=again]", "a long password");
  await shot(page, "1_setup");
  await page.click("button:has-text('Become the owner')");
  await page.waitForURL(`${base}/generate`);
  await page.waitForSelector(".preset");

  // A key, and the API with it
  await page.click("nav >> text=Settings");
  await page.fill("[name=name]", "build server");
  await page.check("[value=read]");
  await page.selectOption("[name=days]", "30");
  await page.click("button:has-text('Create key')");
  const key = await page.locator("[data-testid=secret]").innerText();
  await shot(page, "2_keys");
  const call = (method, where) => fetch(base + where, { method, headers: { Authorization: `Bearer ${key}` } });
  seen.key = { read: (await call("GET", "/api/platforms")).status, write: (await call("POST", "/api/generate")).status };
  await page.reload();
  await page.waitForSelector("tbody tr");
  seen.key.row = (await page.locator("tbody tr", { hasText: "build server" }).innerText()).replaceAll(/\s+/g, " ");
  seen.key.shownAgain = (await page.content()).includes(key);

  // Generate
  await page.click("nav >> text=Generate");
  await page.click(".preset:has-text('Elf')");
  await page.fill("[name=prompt]", "tall athletic woman with a dragon");
  await page.click("button:has-text('Generate avatar')");
  await page.waitForSelector(".job");
  await shot(page, "3_generating");
  await ready(page);
  seen.generated = {
    words: (await page.locator(".word b").allInnerTexts()).sort(),
    ignored: await page.locator(".word-ignored b").allInnerTexts(),
    files: await page.locator(".files .file-name").allInnerTexts(),
  };
  await shot(page, "4_generated");
  const href = await page.getAttribute("a:has-text('Preview page')", "href");

  // Preview
  await page.goto(base + href);
  await ready(page);
  const full = await stage(page);
  await shot(page, "5_preview");
  // The empty scene: the same page while its file never comes
  const held = await open(context);
  await held.route("**/files/**", () => undefined);
  await held.goto(base + href);
  await held.waitForSelector(".viewport-loading");
  await held.waitForTimeout(500);
  const bare = await held.locator(".stage").screenshot();
  await held.close();
  seen.drawn = await differing(page, bare, full);

  await page.click("[role=tab]:has-text('Shapes')");
  await page.click("button:has-text('Face')");
  const face = await stage(page);
  await page.fill("[placeholder='Search shapes']", "jaw open");
  await page.locator("[data-morph=jawOpen]").fill("1");
  const jaw = await stage(page);
  await shot(page, "6_jaw_open");
  await page.click("button:has-text('Reset')");
  const reset = await stage(page);
  seen.morph = { moved: await differing(page, face, jaw), back: await differing(page, face, reset) };
  seen.shapes = await page.fill("[placeholder='Search shapes']", "").then(() => page.locator("[data-morph]").count());

  await page.click("button:has-text('Full')");
  const still = await stage(page);
  await page.click("button:has-text('Skeleton')");
  const bones = await stage(page);
  await page.click("button:has-text('Wireframe')");
  const wires = await stage(page);
  await shot(page, "7_overlays");
  seen.overlays = { bones: await differing(page, still, bones), wires: await differing(page, bones, wires) };
  await page.click("button:has-text('Wireframe')");
  await page.click("button:has-text('Skeleton')");
  seen.triangles = [];
  for (const level of await page.locator(".segments button:has-text('LOD')").all()) {
    const come = page.waitForResponse((r) => r.url().includes("/files/")).catch(() => null);
    if ((await level.getAttribute("aria-pressed")) === "false") {
      await level.click();
      await come;
      await page.waitForTimeout(200);
      await ready(page);
    }
    seen.triangles.push(Number((await page.locator(".tools .facts").innerText()).split(" ")[0].replaceAll(",", "")));
  }
  await page.selectOption(".tool-select select", "normal");
  await stage(page);
  await shot(page, "8_normal_map");

  // Avatars
  await page.goto(`${base}/avatars`);
  await page.waitForSelector(".avatar-card");
  await page.waitForSelector(".avatar-card img:not(.hidden)");
  seen.cards = await page.locator(".avatar-card").count();
  await shot(page, "9_avatars");

  // Upload & process
  await page.goto(`${base}/process`);
  await page.setInputFiles("input[type=file]", upload);
  await page.click("button:has-text('Process')");
  await ready(page);
  seen.processed = await page.locator(".files .file-name").allInnerTexts();
  await shot(page, "10_processed");

  // Out, and in again where one was
  await page.click("button:has-text('Sign out')");
  await page.waitForSelector("h1:has-text('Sign in')");
  seen.signedOut = page.url();
  seen.console = seen.console.filter((c) => !/401 .*\/api\/auth\/session$/.test(c)); // how a page learns that nobody is signed in
  await page.fill("[name=name]", "ada");
  await page.fill("[name=password]", "a long password");
  await page.click("button:has-text('Sign in')");
  await page.waitForSelector(".drop");

  // Revoke
  await page.click("nav >> text=Settings");
  await page.click("tr:has-text('build server') >> button");
  await page.click("dialog button:has-text('Revoke key')");
  await page.waitForSelector("tr:has-text('build server')", { state: "detached" });
  seen.key.revoked = (await call("GET", "/api/platforms")).status;
  console.log(JSON.stringify(seen));
} catch (error) {
  console.log(JSON.stringify({ ...seen, error: String(error) }));
  process.exitCode = 1;
} finally {
  await browser.close();
}
