// A house with people: the real service on loopback, agents and callers in pages of one headless Chromium, each with a line that can be cut.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";
import { CHROMIUM, PASSWORD, PROGRAM, SCREENS } from "./visit.mjs";

export const PATIENCE = { timeout: 400_000 };

// Pages that nobody looks at keep their clocks.
const ARGS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding"];

// `times` are lines of the desk's rules, in seconds; people are always there, and a machine that is busy does not break their lines. `agents` are [name, language, role] with the skills zh and billing; agents where no role is named.
// Where it `dials`, callers may be called back: over a trunk on whose port nobody listens.
export async function openHouse(times, agents, { dials = false } = {}) {
  mkdirSync(SCREENS, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "tingshuo-people-"));
  const database = join(folder, "calls.db");
  let rules = readFileSync("desk/desk.yaml", "utf8").replaceAll(/day: \d\d:00-\d\d:00/g, "day: 00:00-24:00").replace(/holidays: .*/, "holidays: []");
  for (const [name, seconds] of Object.entries({ quiet_line: 60, ...times })) {
    const line = new RegExp(`^${name}: .*$`, "m");
    assert.match(rules, line);
    rules = rules.replace(line, `${name}: ${seconds}`);
  }
  writeFileSync(join(folder, "desk.yaml"), rules);
  const trunk = dials ? `[sip]\nlisten = ["udp:127.0.0.1:0"]\nmedia_ports = [42000, 42019]\n[sip.trunks.main]\nserver = "udp:127.0.0.1:9"\nnumber = "10086"\n` : "";
  writeFileSync(join(folder, "tingshuo.toml"), `database = "${database}"\n[calls]\nhearing = 0\nrecordings = "${join(folder, "recordings")}"\n[http]\nlisten = "127.0.0.1:0"\n[desk]\nrules = "${join(folder, "desk.yaml")}"\n${trunk}`);
  for (const [name, lang, role = "agent"] of agents) {
    const added = spawnSync(PROGRAM, ["user", "add", name, "--role", role, "--lang", lang, "--skills", "zh,billing", "--database", database], { input: `${PASSWORD}\n` });
    assert.equal(added.status, 0, String(added.stderr));
  }
  const service = spawn(PROGRAM, ["serve", "--no-prerender", "--config", join(folder, "tingshuo.toml")], { stdio: ["ignore", "pipe", "inherit"] });
  let site;
  for await (const line of createInterface({ input: service.stdout })) {
    site = line.match(/softphone: (\S+)\/call/)?.[1] ?? site;
    if (line === "ready") {
      break;
    }
  }
  assert.ok(site, "the service did not start");
  const browser = await puppeteer.launch({ executablePath: CHROMIUM, headless: true, args: ARGS });
  const cables = [];
  return {
    site,
    database,
    browser,
    // A line of one's own to the service, with the address under which it is reached.
    async cable() {
      const cable = await layCable(site);
      cables.push(cable);
      return cable;
    },
    async close() {
      await browser.close();
      await Promise.all(cables.map((cable) => cable.remove()));
      service.kill("SIGKILL");
      await new Promise((ended) => service.once("exit", ended));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

// Connections between a browser and the service: cut, they end on both sides and no new ones come about; frozen, nothing passes and nobody is told.
async function layCable(site) {
  const { hostname, port } = new URL(site);
  const pairs = new Set();
  let state = "whole";
  const carry = (from, to, pair) => {
    from.on("data", (bytes) => to.write(bytes));
    for (const over of ["end", "error", "close"]) {
      from.on(over, () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
  };
  const server = createServer((near) => {
    if (state === "cut") {
      near.destroy();
      return;
    }
    const pair = [near, connect(Number(port), hostname)];
    pairs.add(pair);
    carry(pair[0], pair[1], pair);
    carry(pair[1], pair[0], pair);
    if (state === "frozen") {
      pair.forEach((end) => end.pause());
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const all = (act) => [...pairs].flat().forEach(act);
  return {
    site: `http://127.0.0.1:${server.address().port}`,
    cut() {
      state = "cut";
      all((end) => end.destroy());
    },
    freeze() {
      state = "frozen";
      all((end) => end.pause());
    },
    mend() {
      state = "whole";
      all((end) => end.resume());
    },
    async remove() {
      all((end) => end.destroy());
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function openPage(context, width, isDark) {
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: isDark ? "dark" : "light" }]);
  return page;
}

// Somebody who signs in at the desk; `open` is for who is signed in already.
export class Agent {
  static async signIn(house, name, { width = 1280, isDark = false, site = house.site } = {}) {
    const agent = new Agent();
    Object.assign(agent, { name, width, isDark, site, context: await house.browser.createBrowserContext() });
    agent.page = await openPage(agent.context, width, isDark);
    await agent.page.goto(`${site}/console/sign-in?to=/console/desk`);
    await agent.page.type("[name=name]", name);
    await agent.page.type("[name=password]", PASSWORD);
    await Promise.all([agent.page.waitForNavigation(), agent.page.keyboard.press("Enter")]);
    await agent.page.goto(`${site}/console/desk`);
    return agent;
  }

  async open() {
    this.page = await openPage(this.context, this.width, this.isDark);
    await this.page.goto(`${this.site}/console/desk`);
  }

  does(doing) {
    return this.waits((doing) => document.getElementById("desk").dataset.doing === doing, doing);
  }

  shows(id, words) {
    return this.waits((id, words) => document.getElementById(id).textContent.includes(words) && document.getElementById(id).checkVisibility(), id, words);
  }

  hides(id) {
    return this.waits((id) => !document.getElementById(id).checkVisibility(), id);
  }

  async waits(what, ...about) {
    try {
      await this.page.waitForFunction(what, PATIENCE, ...about);
    } catch (error) {
      const stands = await this.page.$eval("#desk", (desk) => `${desk.dataset.doing}: ${desk.innerText}`).catch(() => "the page is gone");
      throw new Error(`${this.name} waited in vain for ${about.join(" ")}; there is ${stands}`, { cause: error });
    }
  }

  async click(id) {
    await this.page.waitForSelector(`#${id}`, { ...PATIENCE, visible: true });
    await this.page.click(`#${id}`);
  }

  // Whoever took calls a moment ago, on a page that is gone, does so again without asking.
  async ready() {
    await this.waits((...all) => all.includes(document.getElementById("desk").dataset.doing), "away", "wrap_up", "ready");
    if ((await this.page.$eval("#desk", (desk) => desk.dataset.doing)) !== "ready") {
      await this.click("ready");
    }
    await this.does("ready");
  }

  async away() {
    await this.click("away");
    await this.does("away");
  }

  // With the keys, as the page says.
  async accept() {
    await this.does("ringing");
    await this.page.keyboard.press("Enter");
    await this.does("talking");
  }

  async decline() {
    await this.does("ringing");
    await this.page.keyboard.press("Escape");
  }

  async finish(note) {
    await this.does("wrap_up");
    await this.page.waitForSelector("#note", { ...PATIENCE, visible: true });
    await this.page.type("#note", note);
    await this.click("wrap-up button");
  }

  leaves() {
    return this.context.close();
  }
}

// Somebody with the softphone; `number` is one of the demo operator's customers.
export class Caller {
  static async dial(house, number, { site = house.site } = {}) {
    const caller = new Caller();
    caller.context = await house.browser.createBrowserContext();
    caller.number = number;
    caller.page = await openPage(caller.context, 390, false);
    await caller.page.goto(`${site}/call?lang=zh`);
    await caller.page.waitForFunction((number) => [...document.getElementById("caller").options].some(({ value }) => value === number), PATIENCE, number);
    await caller.page.select("#caller", number);
    await caller.page.click("#call");
    await caller.hears("人工请按零");
    return caller;
  }

  // Straight to a person.
  static async wanting(house, number, options) {
    const caller = await Caller.dial(house, number, options);
    await caller.press("0");
    await caller.hears("请同事接听");
    return caller;
  }

  async press(key) {
    await this.page.keyboard.press(key);
  }

  // Something that was not heard before, so that a sentence that comes twice is waited for twice.
  async hears(words) {
    const found = ([words, from]) => [...document.querySelectorAll(".phone-caption")].findIndex((line, n) => n >= from && line.textContent.includes(words)) + 1;
    this.heard ??= 0;
    try {
      const handle = await this.page.waitForFunction(found, PATIENCE, [words, this.heard]);
      this.heard = await handle.jsonValue();
    } catch (error) {
      const captions = await this.page.$$eval(".phone-caption", (lines) => lines.map((line) => line.textContent)).catch(() => ["the page is gone"]);
      throw new Error(`${this.number} waited in vain for ${words} after ${this.heard} of ${captions.join(" / ")}`, { cause: error });
    }
  }

  async hangUp() {
    await this.page.click("#call");
    await this.page.waitForFunction(() => document.getElementById("call").dataset.state === "idle", PATIENCE);
  }

  leaves() {
    return this.context.close();
  }
}
