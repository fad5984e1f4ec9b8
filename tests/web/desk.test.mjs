// The agent desk in headless Chromium: a caller in one page, agents in others, with the real service on loopback.
// PROGRAM names the program, SCREENS a folder for screenshots.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import puppeteer from "puppeteer-core";

const PROGRAM = process.env.PROGRAM ?? "target/debug/tingshuo";
const SCREENS = process.env.SCREENS ?? "target/web";
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PATIENCE = { timeout: 120_000 };
const PASSWORD = "correct horse battery";

let folder;
let service;
let site;
const browsers = [];

before(async () => {
  mkdirSync(SCREENS, { recursive: true });
  folder = mkdtempSync(join(tmpdir(), "tingshuo-desk-"));
  const always = readFileSync("desk/desk.yaml", "utf8").replaceAll(/day: \d\d:00-\d\d:00/g, "day: 00:00-24:00").replace(/holidays: .*/, "holidays: []");
  writeFileSync(join(folder, "desk.yaml"), always);
  const database = join(folder, "calls.db");
  writeFileSync(
    join(folder, "tingshuo.toml"),
    `database = "${database}"\n[calls]\nhearing = 0\n[http]\nlisten = "127.0.0.1:0"\n[desk]\nrules = "${join(folder, "desk.yaml")}"\n`,
  );
  for (const [name, lang] of [["limin", "zh"], ["wanglei", "en"]]) {
    const added = spawnSync(PROGRAM, ["user", "add", name, "--role", "agent", "--lang", lang, "--skills", "zh,billing", "--database", database], { input: `${PASSWORD}\n` });
    assert.equal(added.status, 0, String(added.stderr));
  }
  service = spawn(PROGRAM, ["serve", "--no-prerender", "--config", join(folder, "tingshuo.toml")], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: service.stdout })) {
    site = line.match(/softphone: (\S+)\/call/)?.[1] ?? site;
    if (line === "ready") {
      break;
    }
  }
  assert.ok(site, "the service did not start");
});

after(async () => {
  await Promise.all(browsers.map((browser) => browser.close().catch(() => {})));
  service?.kill("SIGKILL");
  await new Promise((ended) => (service ? service.once("exit", ended) : ended()));
  rmSync(folder, { recursive: true, force: true });
});

async function open(width, dark) {
  const args = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"];
  const browser = await puppeteer.launch({ executablePath: CHROMIUM, headless: true, args });
  browsers.push(browser);
  const page = await browser.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
  return { browser, page, faults };
}

async function agent(name, width, dark) {
  const opened = await open(width, dark);
  const { page } = opened;
  await page.goto(`${site}/console/sign-in?to=/console/desk`);
  await page.type("[name=name]", name);
  await page.type("[name=password]", PASSWORD);
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  await page.goto(`${site}/console/desk`);
  await does(page, "away");
  return opened;
}

const does = (page, doing) => page.waitForFunction((doing) => document.getElementById("desk").dataset.doing === doing, PATIENCE, doing);
const shows = (page, id, words) => page.waitForFunction((id, words) => document.getElementById(id).textContent.includes(words), PATIENCE, id, words);

async function caller() {
  const opened = await open(390, false);
  const { page } = opened;
  await page.goto(`${site}/call?lang=zh`);
  await page.waitForFunction(() => document.getElementById("call").textContent !== "");
  await page.click("#call");
  await captioned(page, "人工请按零");
  await page.keyboard.press("0");
  return opened;
}

const captioned = (page, words) =>
  page.waitForFunction((words) => [...document.querySelectorAll(".phone-caption")].some((line) => line.textContent.includes(words)), PATIENCE, words);

async function accessible(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
}

const picture = (page, name) => page.screenshot({ path: join(SCREENS, `desk-${name}.png`), fullPage: true });

test("an agent takes a call with the keyboard, finishes it, and the caller is told goodbye", async () => {
  const { browser, page, faults } = await agent("limin", 1280, false);
  await accessible(page);
  await picture(page, "zh-1280-away");
  await page.click("#ready");
  await does(page, "ready");
  const calling = await caller();
  await does(page, "ringing");
  await shows(page, "number", "138****0001");
  await shows(page, "facts", "客户要求");
  await accessible(page);
  await picture(page, "zh-1280-ringing");
  await page.keyboard.press("Enter");
  await does(page, "talking");
  await page.type("#order-text", "客户问上月账单");
  await page.click("#order button");
  await shows(page, "told", "已建");
  await accessible(page);
  await picture(page, "zh-1280-talking");
  await page.click("#hold");
  await shows(page, "doing", "保持中");
  await page.click("#hold");
  await shows(page, "doing", "通话中");
  await page.click("#hang-up");
  await does(page, "wrap_up");
  await captioned(calling.page, "感谢来电");
  await page.type("#note", "已解释");
  await accessible(page);
  await picture(page, "zh-1280-wrap-up");
  await page.click("#wrap-up button");
  await does(page, "ready");
  await page.click("#away");
  await does(page, "away");
  assert.deepEqual(faults, []);
  // Somebody who is away might still come: he must be gone, not away, for the next caller to be told that nobody takes the call.
  await Promise.all([browser.close(), calling.browser.close()]);
});

test("a page that is closed and opened again goes on with the call, in English, on a small screen, in the dark", async () => {
  const { browser, page, faults } = await agent("wanglei", 390, true);
  await page.click("#ready");
  await does(page, "ready");
  const calling = await caller();
  await does(page, "ringing");
  await accessible(page);
  await picture(page, "en-390-ringing");
  await page.keyboard.press("Escape");
  await does(page, "ready");
  await captioned(calling.page, "没有转接成功");
  await calling.page.keyboard.press("0");
  await does(page, "ringing");
  await page.keyboard.press("Enter");
  await does(page, "talking");
  await page.close();
  await captioned(calling.page, "线路断了一下");
  const again = await browser.newPage();
  await again.setViewport({ width: 390, height: 900 });
  await again.goto(`${site}/console/desk`);
  await does(again, "talking");
  await shows(again, "number", "138****0001");
  await picture(again, "en-390-again");
  await calling.page.click("#call");
  await does(again, "wrap_up");
  assert.deepEqual(faults, []);
});
