// An upload without a skeleton, from the drop zone to a re-skin: node review.mjs BASE TOKEN PICTURES MODULES CHROMIUM FILES
// FILES: a folder with figure.glb (unrigged), broken.glb (a degenerate face), unsure.obj (the same, vertices and faces alone).
// Prints one JSON object of what was seen; exits with 1 and the reason when a step cannot be taken.
import path from "node:path";
import { differing, launch, open, stage } from "./browser.mjs";

const [base, token, pictures, modules, executablePath, files] = process.argv.slice(2);
const { browser, seen } = await launch(modules, executablePath);
const shot = (page, name) => page.screenshot({ path: path.join(pictures, `review_${name}.png`) });
const SOURCE = ".viewport-source";
const RESULT = ".viewport:not(.viewport-source)";
const ready = (page, pane) => page.waitForSelector(`${pane}[data-ready=true]`, { timeout: 240_000 });
const tab = (page, name) => page.click(`[role=tab]:has-text('${name}')`);

try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await open(context, base, seen);
  // Chromium does not tell what is sent beside a file: it is noted as the page sends it.
  await page.addInitScript(() => {
    const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function (body) {
      if (body instanceof FormData) window.lastForm = [...body].filter(([, value]) => typeof value === "string");
      return send.call(this, body);
    };
  });
  const lastForm = () => page.evaluate(() => window.lastForm);
  await page.goto(`${base}/setup?token=${token}`);
  for (const [name, value] of [["name", "ada"], ["password", "a long password"], ["again", "a long password"]]) {
    await page.fill(`[name=${name}]`, value);
  }
  await page.click("button:has-text('Become the owner')");
  await page.waitForURL(`${base}/generate`);

  // A mesh with a fault that nobody may mend unasked: the error, its suggestion, the fix sent back
  await page.goto(`${base}/process`);
  await page.setInputFiles("input[type=file]", path.join(files, "broken.glb"));
  await page.uncheck("[name=auto_fix]");
  await page.click(".form-end button");
  await page.waitForSelector(".note-bad");
  seen.refused = await page.locator(".note-bad").first().innerText();
  await shot(page, "1_refused");
  await page.click(".suggestions button:has-text('Apply this fix')");
  seen.fixes = (await lastForm()).filter(([name]) => name === "fixes").map(([, value]) => value);
  await page.waitForSelector(".note-bad:has-text('human figure')");

  // A figure that one cannot be sure of: its picture, and joints by hand
  await page.setInputFiles("input[type=file]", path.join(files, "unsure.obj"));
  await page.check("[name=auto_fix]");
  await page.uncheck("[name=lods]");
  await page.uncheck("[name=face]");
  await page.click("summary:has-text('More')");
  await page.fill("[name=min_confidence]", "1"); // nobody is that sure
  await page.click(".form-end button");
  await page.waitForSelector(".job");
  await page.waitForSelector(".note-bad");
  seen.unsure = {
    said: await page.locator(".note-bad").first().innerText(),
    picture: await page.locator(".uncertain img").evaluateAll((all) => all.map((i) => i.naturalWidth)),
    joints: await page.locator(".uncertain .joint-row").count(),
  };
  await shot(page, "2_unsure");
  await page.click("button:has-text('Place joints by hand')");
  await ready(page, SOURCE);
  await page.click(".joint-row[data-joint=leftHand]");
  await stage(page, SOURCE);
  await shot(page, "3_by_hand");

  // The figure, with progress
  await page.fill("[name=min_confidence]", "0.3");
  await page.setInputFiles("input[type=file]", path.join(files, "figure.glb"));
  await page.click(".form-end button");
  await page.waitForSelector(".job progress");
  const stages = new Set();
  while (await page.locator(".job").count()) {
    stages.add(await page.locator(".job strong").innerText({ timeout: 1000 }).catch(() => ""));
    await page.waitForTimeout(150);
  }
  seen.stages = [...stages].filter(Boolean);
  await ready(page, RESULT);
  await shot(page, "4_made");

  // Beside its source
  await page.click("a:has-text('Review beside the uploaded file')");
  await ready(page, SOURCE);
  await ready(page, RESULT);
  await stage(page, RESULT);
  const before = await stage(page, SOURCE);
  await shot(page, "5_beside");
  const avatar = new URL(page.url()).searchParams.get("avatar_id");
  await page.click(`${RESULT} button:has-text('Side')`);
  await stage(page, RESULT);
  seen.linked = await differing(page, before, await stage(page, SOURCE));
  await page.click(`${RESULT} button:has-text('Full')`);
  const bare = await stage(page, RESULT);

  await page.click(`${RESULT} button:has-text('Skeleton')`);
  seen.skeleton = await differing(page, bare, await stage(page, RESULT));
  await shot(page, "6_skeleton");
  await page.click(`${RESULT} button:has-text('Skeleton')`);

  // Findings, where they are
  await tab(page, "Findings");
  const plain = await stage(page, SOURCE);
  seen.findings = await page.locator(".finding").count();
  await page.locator(".finding button:has-text('Show')").first().click();
  await page.waitForTimeout(300);
  seen.marked = await differing(page, plain, await stage(page, SOURCE));
  await shot(page, "7_finding");

  // Weights
  await tab(page, "Weights");
  await page.click(`${RESULT} button:has-text('Full')`);
  const lit = await stage(page, RESULT);
  await page.click("[data-bone=leftUpperArm]");
  const arm = await stage(page, RESULT);
  await shot(page, "8_weights");
  await page.click("[data-bone=rightLowerLeg]");
  const leg = await stage(page, RESULT);
  await tab(page, "Result");
  seen.heat = {
    shown: await differing(page, lit, arm),
    other: await differing(page, arm, leg),
    off: await differing(page, lit, await stage(page, RESULT)),
  };

  // Joints: drag one, the other side follows; undo; again; re-skin
  await tab(page, "Joints");
  await page.waitForSelector("[data-joint=leftHand]");
  await page.click(".joint-row[data-joint=leftHand]");
  await page.waitForSelector(`${SOURCE} canvas[data-joint]`);
  const places = () => page.locator(".joint-place input").evaluateAll((all) => all.map((i) => i.valueAsNumber));
  const still = await places();
  const [x, y] = (await page.getAttribute(`${SOURCE} canvas`, "data-joint")).split(",").map(Number);
  const box = await page.locator(`${SOURCE} canvas`).boundingBox();
  await stage(page, SOURCE);
  await page.mouse.move(box.x + x, box.y + y);
  await page.mouse.down();
  await page.mouse.move(box.x + x + 20, box.y + y + 12, { steps: 4 });
  await page.mouse.up();
  await page.waitForSelector(".tag:has-text('moved')");
  seen.dragged = { still, now: await places(), moved: await page.locator(".tag:has-text('moved')").count() };
  await page.click("button:has-text('Undo')");
  seen.undone = { places: await places(), moved: await page.locator(".tag:has-text('moved')").count() };
  await page.click("button:has-text('Redo')");
  await page.fill(".joint-place [data-axis=Y]", String(still[1] + 6));
  await page.press(".joint-place [data-axis=Y]", "Enter");
  await stage(page, SOURCE);
  await shot(page, "9_joints");
  await page.click("button:has-text('Re-skin')");
  seen.hints = Object.keys(JSON.parse(Object.fromEntries(await lastForm()).hints)).sort();
  await page.waitForURL((url) => url.searchParams.get("avatar_id") !== avatar, { timeout: 240_000 });
  await ready(page, SOURCE);
  await ready(page, RESULT);
  seen.reskinned = new URL(page.url()).searchParams.get("avatar_id") !== avatar;
  await tab(page, "Joints");
  seen.given = await page.locator(".tag:has-text('given')").count();
  await stage(page, RESULT);
  await shot(page, "10_reskinned");
  console.log(JSON.stringify(seen));
} catch (error) {
  for (const [i, page] of browser.contexts().flatMap((c) => c.pages()).entries()) await shot(page, `failed_${i}`).catch(() => undefined);
  console.log(JSON.stringify({ ...seen, error: String(error) }));
  process.exitCode = 1;
} finally {
  await browser.close();
}
