// The console in headless Chromium: every page in both languages, both widths, light and dark. Calls and customers are invented.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import puppeteer from "puppeteer-core";
import * as visit from "./visit.mjs";

const { PROGRAM, SCREENS, CHROMIUM, PASSWORD, accessible, fits, light } = visit;

const folder = mkdtempSync(join(tmpdir(), "tingshuo-console-"));
const database = join(folder, "calls.db");
// What authors write is edited here: a copy.
const home = join(folder, "home");
const environment = { ...process.env, TINGSHUO_HOME: home };
let service;
let site;
let browser;
let aCall;
const orders = [];

const run = (args, input) => execFileSync(PROGRAM, args, { input, encoding: "utf8", env: environment });

// What has to be there before the service is: people, and calls with and without sound.
function furnish() {
  for (const name of ["flows", "grammars", "care", "desk"]) {
    cpSync(name, join(home, name), { recursive: true });
  }
  symlinkSync(resolve("voices"), join(home, "voices"));
  for (const role of ["agent", "supervisor", "operator", "admin"]) {
    run(["user", "add", role, "--role", role, "--shown", { agent: "李敏", supervisor: "王班长", operator: "陈运营", admin: "赵工" }[role], "--skills", "broadband", "--database", database], PASSWORD);
  }
  const out = join(folder, "call");
  const wavs = ["1", "2", "3"].map((n) => `audio-fixtures/zh_balance_call/${n}.wav`);
  run(["call", "--caller", "13800000001", "--database", database, "--out", out, "--json", "--wav", ...wavs]);
  run(["chat", "--caller", "13800000002", "--database", database], "我要投诉乱扣费\n上个月多扣了二十块\n再见\n");
  run(["chat", "--caller", "13800000003", "--lang", "en", "--database", database], "what is my balance\ngoodbye\n");
  run(["chat", "--caller", "13800000001", "--database", database], "开热点要不要钱\n转人工\n");
  return out;
}

async function api(path, body, key) {
  const headers = { authorization: "Bearer open-sesame", "idempotency-key": key };
  const answer = await fetch(`${site}/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path} ${answer.status} ${await answer.clone().text()}`);
  return answer.status === 204 ? null : answer.json();
}

async function reports() {
  const open = async (n, order) => orders.push((await api("/work-orders", order, `order-${n}`)).number);
  await open(1, { class: "complaint", customer: "13800000002", level: "gold", text: "客户说十月份多扣了二十块流量费，已经是第二次打来，希望今天之内有人回电说明原因。" });
  await open(2, { class: "broadband_fault", customer: "13800000004", area: "城东", text: "光猫红灯，上不了网", urgent: true });
  await open(3, { class: "suggestion", customer: "13800000005", text: "希望营业厅周末早点开门" });
  await open(4, { class: "network_fault", customer: "13800000006", area: "城西", text: "家里没信号", lang: "en" });
  for (let n = 0; n < 30; n += 1) {
    await api("/work-orders", { class: "broadband_fault", customer: `139000000${String(n).padStart(2, "0")}`, area: "城南", text: "断网" }, `area-${n}`);
  }
  await api(`/work-orders/${orders[0]}/comments`, { text: "已联系客户，等财务核对。", author: "limin" }, "comment-1");
}

before(async () => {
  mkdirSync(SCREENS, { recursive: true });
  const out = furnish();
  const recordings = join(folder, "recordings");
  mkdirSync(recordings);
  writeFileSync(join(folder, "token"), "open-sesame\n");
  writeFileSync(join(folder, "tingshuo.toml"), `database = "${database}"\n[calls]\nrecordings = "${recordings}"\n[desk]\n[http]\nlisten = "127.0.0.1:0"\napi_token_file = "${join(folder, "token")}"\n`);
  service = spawn(PROGRAM, ["serve", "--no-prerender", "--config", join(folder, "tingshuo.toml")], { stdio: ["ignore", "pipe", "inherit"], env: environment });
  for await (const line of createInterface({ input: service.stdout })) {
    site = line.match(/console: (http:\/\/[^/]+)/)?.[1] ?? site;
    if (line === "ready") {
      break;
    }
  }
  assert.ok(site, "the service did not start");
  await reports();
  browser = await puppeteer.launch({ executablePath: CHROMIUM, headless: true, args: ["--no-sandbox"] });
  const page = await signedIn("supervisor", "zh", 1280, false);
  await page.goto(`${site}/console/calls?intent=query_balance`);
  const link = await page.$$eval("tbody a", (links) => links.map((each) => each.getAttribute("href")));
  for (const href of link) {
    const id = href.split("/").pop();
    await page.goto(`${site}${href}`);
    if ((await page.$$(".fall")).length > 0) {
      aCall = id;
      copyFileSync(join(out, "both.wav"), join(recordings, `${id}.wav`));
    }
  }
  assert.ok(aCall, "a call with sound was found");
  await page.browserContext().close();
});

after(async () => {
  await browser?.close();
  service?.kill("SIGTERM");
  await new Promise((ended) => (service ? service.once("exit", ended) : ended()));
  rmSync(folder, { recursive: true, force: true });
});

const opened = (width, isDark) => visit.opened(browser, site, width, isDark);
const signedIn = (role, lang, width, isDark) => visit.signedIn(browser, site, role, lang, width, isDark);

const pages = () => [
  ["live", "/console/live"],
  ["wall", "/console/wall"],
  ["calls", "/console/calls"],
  ["calls-none", "/console/calls?q=nothing-like-this"],
  ["call", `/console/calls/${aCall}`],
  ["orders", "/console/orders"],
  ["orders-board", "/console/orders?view=board"],
  ["orders-none", "/console/orders?q=nothing-like-this&only=all"],
  ["order", `/console/orders/${orders[0]}`],
  ["incidents", "/console/incidents"],
  ["customers", "/console/customers"],
  ["flows", "/console/flows"],
  ["flow", "/console/flows/query_bill"],
  ["trial", "/console/trial"],
  ["knowledge", "/console/knowledge"],
  ["entry", "/console/knowledge/entry/bill_day"],
  ["surveys", "/console/surveys"],
  ["settings", "/console/settings"],
  ["missing", "/console/orders/1"],
];

for (const [lang, width, isDark] of [["zh", 1280, false], ["zh", 390, true], ["en", 1280, true], ["en", 390, false]]) {
  test(`every page in ${lang} at ${width}${isDark ? " in the dark" : ""}`, async () => {
    const page = await signedIn("supervisor", lang, width, isDark);
    const shot = (name) => page.screenshot({ path: join(SCREENS, `console-${name}-${lang}-${width}.png`), fullPage: width === 390 });
    for (const [name, path] of pages()) {
      await page.goto(`${site}${path}`);
      // Pages with live parts never fall silent.
      await page.waitForFunction(() => document.readyState === "complete");
      if (name === "call") {
        await page.waitForFunction(() => /\d:\d\d \/ [^0]?\d?:?\d/.test(document.getElementById("clock").textContent));
      }
      await light(page, name);
      await fits(page, `${name} in ${lang}`);
      await shot(name);
      await accessible(page, `${name} in ${lang}`);
    }
    await page.goto(`${site}/console/customers`);
    await page.type("input[name=number]", "13800000001");
    await Promise.all([page.waitForNavigation(), page.click("main button[type=submit]")]);
    assert.match(await page.$eval("main", (main) => main.innerText), /138\*\*\*\*0001/);
    assert.ok(!page.url().includes("138"), "a number is never in the address");
    await shot("customer");
    await accessible(page, `customer in ${lang}`);
    await fits(page, `customer in ${lang}`);
    // What is not there or not allowed is an error of the network, too.
    assert.deepEqual(page.faults.filter((fault) => !/status of 404/.test(fault)), []);
    await page.browserContext().close();
  });
}

test("an administrator lets somebody in, gives another role and skills, resets the password, and locks out", async () => {
  const page = await signedIn("admin", "zh", 390, true);
  const text = () => page.$eval("main", (main) => main.innerText);
  // On a small screen the bar of rooms lies over the lower end.
  const submits = async (selector) => {
    await page.$eval(selector, (button) => button.scrollIntoView({ block: "center" }));
    await Promise.all([page.waitForNavigation(), page.click(selector)]);
  };
  await page.goto(`${site}/console/people`);
  await accessible(page, "people");
  await fits(page, "people");
  const fill = async (fields) => {
    for (const [name, typed] of Object.entries(fields)) {
      await page.type(`form[action="/console/people"] input[name=${name}]`, typed);
    }
    await submits('form[action="/console/people"] button');
  };
  await fill({ name: "agent", password: "another good password" });
  assert.match(await page.$eval("[role=alert]", (alert) => alert.textContent), /已经有人用了/);
  await fill({ name: "zhaoyan", shown: "赵岩", skills: "billing zh", password: "another good password" });
  assert.match(await text(), /zhaoyan[^]*赵岩[^]*坐席[^]*billing/);
  const form = 'form[action="/console/people/zhaoyan"]';
  const opens = () => page.$eval(form, (form) => (form.closest("details").open = true));
  await opens();
  await page.screenshot({ path: join(SCREENS, "console-people-zh-390.png"), fullPage: true });
  await page.select(`${form} select[name=role]`, "supervisor");
  await submits(`${form} button[value=role]`);
  assert.match(await text(), /赵岩\s+班长/);
  await opens();
  await page.type(`${form} input[name=password]`, "short");
  await submits(`${form} button[value=password]`);
  assert.match(await page.$eval("[role=alert]", (alert) => alert.textContent), /至少要有 10 个字符/);
  page.on("dialog", (dialog) => dialog.accept());
  await opens();
  await submits(`${form} button[value=disable]`);
  assert.match(await text(), /已停用/);
  await page.setViewport({ width: 1280, height: 800 });
  await fits(page, "people");
  await page.screenshot({ path: join(SCREENS, "console-people-zh-1280.png"), fullPage: true });
  assert.equal(await page.$('form[action="/console/people/admin"] button[value=disable]'), null, "nobody locks himself out");
  assert.deepEqual(page.faults.filter((fault) => !/status of 400/.test(fault)), []);
  await page.browserContext().close();
});

test("a call is tried in text: by words, by keys, in silence, to its end, and anew", async () => {
  const page = await signedIn("operator", "zh", 390, false);
  await page.goto(`${site}/console/flows`);
  await Promise.all([page.waitForNavigation(), page.click('a[href="/console/trial"]')]);
  const shown = () => page.$eval("ol.bubbles", (list) => list.innerText);
  const types = async (words) => {
    await page.type("input[name=say]", words);
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  };
  const presses = (act) => Promise.all([page.waitForNavigation(), page.click(`button[value=${act}]`)]);
  assert.match(await shown(), /录音/);
  await types("查话费");
  assert.match(await shown(), /查话费[^]*一百二十八块五|查话费[^]*128\.50/);
  await types("/6");
  await presses("silence");
  assert.match(await shown(), /查话费[^]*按键 6[^]*没有声音/);
  await accessible(page, "a trial");
  await fits(page, "a trial");
  await page.screenshot({ path: join(SCREENS, "console-trial-on-zh-390.png"), fullPage: true });
  await presses("hang_up");
  assert.match(await page.$eval("[role=status]", (status) => status.innerText), /通话结束：已完成/);
  assert.equal(await page.$("input[name=say]"), null);
  await page.$eval("input[name=number]", (number) => (number.value = "13800000002"));
  await presses("begin");
  assert.doesNotMatch(await shown(), /查话费/);
  assert.ok(await page.$("input[name=say]"));
  assert.ok(!page.url().includes("138"), "a number is never in the address");
  assert.deepEqual(page.faults, []);
  await page.browserContext().close();
});

test("signing in: a wrong password is told, the right one leads to where one wanted to go", async () => {
  const page = await opened(390, false);
  await page.setExtraHTTPHeaders({ "accept-language": "zh-CN,zh;q=0.9" });
  await page.goto(`${site}/console/orders?only=all`);
  assert.match(page.url(), /sign-in/);
  await page.screenshot({ path: join(SCREENS, "console-sign-in-zh-390.png") });
  await accessible(page, "sign-in");
  await page.type("input[name=name]", "agent");
  await page.type("input[name=password]", "wrong");
  await Promise.all([page.waitForNavigation(), page.click("button[type=submit]")]);
  assert.match(await page.$eval("[role=alert]", (alert) => alert.textContent), /不对/);
  await page.screenshot({ path: join(SCREENS, "console-sign-in-wrong-zh-390.png") });
  await page.type("input[name=password]", PASSWORD);
  await Promise.all([page.waitForNavigation(), page.click("button[type=submit]")]);
  assert.match(page.url(), /\/console\/orders\?only=all/);
  await page.browserContext().close();
});

test("an agent takes an order, finishes it with a note, and who came later is told", async () => {
  const page = await signedIn("agent", "zh", 1280, false);
  const beside = await signedIn("supervisor", "zh", 1280, false);
  await page.goto(`${site}/console/orders/${orders[2]}`);
  await beside.goto(`${site}/console/orders/${orders[2]}`);
  const press = (where, words) => Promise.all([where.waitForNavigation(), where.evaluate((words) => [...document.querySelectorAll("form.act button")].find((button) => button.textContent === words).click(), words)]);
  await press(page, "接单");
  assert.match(await page.$eval("main", (main) => main.innerText), /处理中/);
  await press(beside, "接单");
  assert.match(await beside.$eval("h1", (h1) => h1.textContent), /没有改成/);
  await page.type("textarea", "已转营业部，下月起八点开门。");
  await press(page, "处理完成");
  const text = await page.$eval("main", (main) => main.innerText);
  assert.ok(text.includes("已处理") && text.includes("下月起八点开门") && text.includes("agent"), text);
  await page.browserContext().close();
  await beside.browserContext().close();
});

test("lists are walked by keys", async () => {
  const page = await signedIn("agent", "zh", 1280, false);
  await page.goto(`${site}/console/orders`);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  const second = await page.evaluate(() => document.activeElement.textContent);
  assert.equal(second, await page.$eval("tbody tr:nth-child(2) a", (link) => link.textContent));
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  assert.ok(page.url().endsWith(second));
  await page.goto(`${site}/console/orders`);
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.name), "q");
  await page.keyboard.press("Escape");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.type("?");
  await page.waitForSelector("dialog[open]");
  await page.screenshot({ path: join(SCREENS, "console-help-zh-1280.png") });
  await accessible(page, "help");
  await page.browserContext().close();
});

test("words of a call lead to their place in the sound", async () => {
  const page = await signedIn("agent", "zh", 1280, false);
  await page.goto(`${site}/console/calls/${aCall}`);
  await page.waitForFunction(() => document.getElementById("audio").duration > 10);
  const [words] = await page.$$(".bubble[data-who=caller] .words");
  const at = await words.evaluate((each) => Number(each.dataset.at) / 1000);
  await words.evaluate((each) => each.click());
  await page.waitForFunction((at) => Math.abs(document.getElementById("audio").currentTime - at) < 5, {}, at);
  await page.browserContext().close();
});

test("an operator writes an entry of the knowledge base, is told what is wrong with it, and callers get it", async () => {
  const page = await signedIn("operator", "zh", 1280, false);
  await page.goto(`${site}/console/knowledge/new?question=${encodeURIComponent("卫星电话怎么办")}&lang=zh`);
  const fill = async (name, text) => {
    await page.$eval(`[name=${name}]`, (field) => { field.value = ""; });
    await page.type(`[name=${name}]`, text);
  };
  const save = () => Promise.all([page.waitForNavigation(), page.click("main form button.primary")]);
  await fill("id", "satellite_phone");
  await fill("topic", "numbers");
  await fill("tags", "numbers");
  await fill("question_zh", "卫星电话怎么办理");
  await fill("answer_zh", "卫星电话在省会的营业厅办理: 带身份证就行。");
  await fill("question_en", "how to get a satellite phone");
  await fill("variants_en", "do you sell satellite phones\nwhere can I get a satellite phone\nI need a satellite phone\nsatellite phone for the mountains");
  await fill("answer_en", "Ask for one at the service hall of a provincial capital, with your ID card.");
  await save();
  assert.match(await page.$eval("[role=alert]", (alert) => alert.innerText), /1 variants/);
  assert.equal(await page.$eval("[name=answer_zh]", (field) => field.value), "卫星电话在省会的营业厅办理: 带身份证就行。", "nothing that was typed is lost");
  await page.screenshot({ path: join(SCREENS, "console-entry-faults-zh-1280.png") });
  await accessible(page, "entry with faults");
  await fill("variants_zh", "卫星电话怎么办\n你们有没有卫星电话\n在哪里能办卫星电话\n我想要一部卫星电话");
  const beside = await signedIn("operator", "zh", 1280, false);
  await save();
  assert.match(page.url(), /entry\/satellite_phone$/);
  assert.ok(readFileSync(join(home, "flows/knowledge/numbers.yaml"), "utf8").includes("satellite_phone"));
  run(["check", join(home, "flows")]);
  assert.match(run(["knowledge", "search", "哪里办卫星电话"]), /accept\s+satellite_phone/);
  // Who has it open while somebody else saves is told, and loses nothing.
  await beside.goto(page.url());
  await fill("answer_zh", "卫星电话在省会的营业厅办理。");
  await save();
  await beside.type("[name=answer_zh]", "另外");
  await Promise.all([beside.waitForNavigation(), beside.click("main form button.primary")]);
  assert.match(await beside.$eval("[role=alert]", (alert) => alert.innerText), /有人改过/);
  await page.browserContext().close();
  await beside.browserContext().close();
});
