// The softphone page in headless Chromium with a microphone made of a recording: whole calls with the real service on loopback.
// PROGRAM names the program, SCREENS a folder for screenshots.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
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
const PATIENCE = { timeout: 90_000 };

let folder;
let service;
let address;
const browsers = [];

before(async () => {
  mkdirSync(SCREENS, { recursive: true });
  folder = mkdtempSync(join(tmpdir(), "tingshuo-web-"));
  writeFileSync(join(folder, "tingshuo.toml"), '[http]\nlisten = "127.0.0.1:0"\n');
  service = spawn(PROGRAM, ["serve", "--no-prerender", "--config", join(folder, "tingshuo.toml")], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: service.stdout })) {
    address = line.match(/softphone: (\S+)/)?.[1] ?? address;
    if (line === "ready") {
      break;
    }
  }
  assert.ok(address, "the service did not start");
});

after(async () => {
  // Also those of tests that failed.
  await Promise.all(browsers.map((browser) => browser.close().catch(() => {})));
  service?.kill("SIGTERM");
  await new Promise((ended) => (service ? service.once("exit", ended) : ended()));
  rmSync(folder, { recursive: true, force: true });
});

// A-law at 8 kHz, as the recordings in audio-fixtures are, to linear samples.
function recording(name) {
  const file = readFileSync(`audio-fixtures/${name}`);
  const data = file.indexOf("data") + 8;
  return Int16Array.from(file.subarray(data), (byte) => {
    const bits = byte ^ 0x55;
    const segment = (bits & 0x70) >> 4;
    const mantissa = (bits & 0x0f) << 4;
    const magnitude = segment === 0 ? mantissa + 8 : (mantissa + 0x108) << (segment - 1);
    return bits & 0x80 ? magnitude : -magnitude;
  });
}

// What the microphone brings: silence until the service has asked, then the recording, then silence.
function microphone(name, leadSeconds) {
  const said = name ? recording(name) : new Int16Array(0);
  const samples = new Int16Array(8_000 * leadSeconds + said.length + 8_000 * 60);
  samples.set(said, 8_000 * leadSeconds);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + samples.byteLength, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8_000, 24);
  head.writeUInt32LE(16_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(samples.byteLength, 40);
  const path = join(folder, `${name?.replaceAll("/", "-") ?? "silence"}.wav`);
  writeFileSync(path, Buffer.concat([head, Buffer.from(samples.buffer)]));
  return path;
}

// `sound` null refuses the microphone.
async function open({ lang, width, sound, dark }) {
  const fake = sound ? ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-audio-capture=${sound}%noloop`] : [];
  const browser = await puppeteer.launch({ executablePath: CHROMIUM, headless: true, args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", ...fake] });
  browsers.push(browser);
  const page = await browser.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("requestfailed", (request) => faults.push(request.url()));
  await page.setViewport({ width, height: 800 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
  await page.goto(`${address}?lang=${lang}`);
  await page.waitForFunction(() => document.getElementById("call").textContent !== "");
  return { browser, page, faults };
}

const captioned = (page, who, words) =>
  page.waitForFunction(
    (who, words) => [...document.querySelectorAll(`.phone-caption[data-who="${who}"]`)].some((line) => line.textContent.includes(words)),
    PATIENCE,
    who,
    words,
  );

const stands = (page, words) => page.waitForFunction((words) => document.getElementById("state").textContent === words, PATIENCE, words);

async function accessible(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
}

test("a caller speaks Mandarin on a telephone's screen", async () => {
  const { browser, page, faults } = await open({ lang: "zh", width: 390, sound: microphone("zh_balance_call/1.wav", 10), dark: false });
  await accessible(page);
  await page.screenshot({ path: join(SCREENS, "call-zh-390-idle.png") });
  await page.click("#call");
  await stands(page, "通话中");
  await captioned(page, "service", "请问有什么可以帮您");
  await captioned(page, "service", "一百二十八块五");
  await captioned(page, "caller", "话费");
  await accessible(page);
  await page.screenshot({ path: join(SCREENS, "call-zh-390-talking.png") });
  await page.click("#call");
  await stands(page, "通话已结束。");
  assert.deepEqual(faults, []);
  await browser.close();
});

test("a caller presses keys in English, in the dark", async () => {
  const { browser, page, faults } = await open({ lang: "en", width: 1280, sound: microphone(null, 1), dark: true });
  await page.click("#call");
  await stands(page, "In call");
  await page.click("#keys-toggle");
  await captioned(page, "service", "How can I help");
  await accessible(page);
  await page.screenshot({ path: join(SCREENS, "call-en-1280-keys.png") });
  // Nothing is said, so the keys are offered; 1 is the balance.
  await captioned(page, "service", "zero for a person");
  await page.keyboard.press("1");
  await captioned(page, "service", "balance");
  await page.click("#mute");
  await stands(page, "Muted: you cannot be heard.");
  await page.click("#call");
  await stands(page, "The call has ended.");
  assert.deepEqual(faults, []);
  await browser.close();
});

test("a refused microphone is told with what to do", async () => {
  const { browser, page } = await open({ lang: "zh", width: 390, sound: null, dark: false });
  await browser.defaultBrowserContext().overridePermissions(new URL(address).origin, []);
  await page.click("#call");
  await page.waitForFunction(() => /麦克风/.test(document.getElementById("state").textContent), PATIENCE);
  await page.screenshot({ path: join(SCREENS, "call-zh-390-refused.png") });
  await browser.close();
});
