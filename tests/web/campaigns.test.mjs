// A campaign in headless Chromium, from its settings and a list of contacts to its results. What a network would answer is written into the database by this
// test, through the rows that the dialer writes; numbers are invented.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import puppeteer from "puppeteer-core";
import { CHROMIUM, PASSWORD, PROGRAM, SCREENS, accessible, fits, light, signedIn as signedInAt } from "./visit.mjs";

const folder = mkdtempSync(join(tmpdir(), "tingshuo-campaigns-"));
const database = join(folder, "calls.db");
let service;
let site;
let browser;
const signedIn = (role, lang, width, isDark) => signedInAt(browser, site, role, lang, width, isDark);
const run = (args, input) => execFileSync(PROGRAM, args, { input, encoding: "utf8" });

// GB18030, as a spreadsheet in China writes it: 手机号;地区;金额 and rows with a fault, a repetition, and what a spreadsheet would run.
const HEAD = Buffer.from("cad6bbfabac53bb5d8c7f83bbdf0b6ee0a", "hex");
const ROWS = ["13800000001;;128.50", "12;;1", "13800000002;xinjiang;9", "13800000001;;2", "13800000003;mars;3", "13800000004;;=cmd()", "13800000005;;12.00", "13800000006;;7"];

// Nobody listens there, and there is no place for calls that are listened to (`hearing`), so nothing is dialled.
const TRUNK = `[outbound]\ntest_numbers = ["13900000009"]\n[sip]\nlisten = ["udp:127.0.0.1:0"]\n[sip.trunks.main]\nserver = "udp:127.0.0.1:9"\nnumber = "10086"\nnumbers = ["10001"]\n`;

before(async () => {
  mkdirSync(SCREENS, { recursive: true });
  for (const role of ["agent", "supervisor", "operator"]) {
    run(["user", "add", role, "--role", role, "--shown", { agent: "李敏", supervisor: "王班长", operator: "陈运营" }[role], "--database", database], PASSWORD);
  }
  writeFileSync(join(folder, "contacts.csv"), Buffer.concat([HEAD, Buffer.from(ROWS.join("\n"))]));
  writeFileSync(join(folder, "bad.csv"), "name,age\n王,3\n");
  writeFileSync(join(folder, "tingshuo.toml"), `database = "${database}"\n[calls]\nhearing = 0\n[http]\nlisten = "127.0.0.1:0"\n${TRUNK}`);
  service = spawn(PROGRAM, ["serve", "--no-prerender", "--config", join(folder, "tingshuo.toml"), "--clock-from", "2026-11-30T10:00+08"], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: service.stdout })) {
    site = line.match(/console: (http:\/\/[^/]+)/)?.[1] ?? site;
    if (line === "ready") {
      break;
    }
  }
  assert.ok(site, "the service did not start");
  browser = await puppeteer.launch({ executablePath: CHROMIUM, headless: true, args: ["--no-sandbox"] });
});

after(async () => {
  await browser?.close();
  service?.kill("SIGTERM");
  await new Promise((ended) => (service ? service.once("exit", ended) : ended()));
  rmSync(folder, { recursive: true, force: true });
});

// What the dialer writes of calls: one row each in the order of the list, and what came of its contact.
function answered(outcomes) {
  const script = `
import json, sqlite3, sys, time
outcomes = json.loads(sys.argv[2])
base = sqlite3.connect(sys.argv[1], timeout=30)
contacts = base.execute("SELECT id, customer FROM contacts WHERE campaign = 1 ORDER BY id").fetchall()
now = int(time.time() * 1000)
for (contact, customer), outcome in zip(contacts, outcomes):
    state = {"completed": "done", "opted_out": "stopped", None: "dialling"}.get(outcome, "waiting")
    base.execute("INSERT INTO contact_attempts (contact, nth, customer, run, began, ended, outcome) VALUES (?, 1, ?, '', ?, ?, ?)", (contact, customer, now - 40000, outcome and now - 8000, outcome))
    base.execute("UPDATE contacts SET state = ?, outcome = ?, attempts = 1, next = ? WHERE id = ?", (state, outcome, now + 7200000, contact))
base.commit()
`;
  execFileSync("python3", ["-c", script, database, JSON.stringify(outcomes)]);
}

// A call that was promised, for a contact of this campaign.
function promised(campaign) {
  const script = `
import sqlite3, sys
base = sqlite3.connect(sys.argv[1], timeout=30)
base.execute("""INSERT INTO call_backs (key, customer, customer_shown, customer_sealed, reason, about, lang, created, contact)
    SELECT 'promise', customer, customer_shown, customer_sealed, 'queue', 'a call', 'zh', '2026-11-23T09:00:00', id FROM contacts WHERE campaign = ? LIMIT 1""", (int(sys.argv[2]),))
base.commit()
`;
  execFileSync("python3", ["-c", script, database, String(campaign)]);
}

const text = (page) => page.$eval("main", (main) => main.innerText);
const press = async (page, words) => {
  const [response] = await Promise.all([page.waitForNavigation(), page.evaluate((words) => [...document.querySelectorAll("main button, main a")].find((each) => each.textContent.trim() === words).click(), words)]);
  return response;
};

test("a campaign from its settings to its results", async () => {
  const page = await signedIn("operator", "zh", 1280, false);
  await page.goto(`${site}/console/campaigns`);
  assert.match(await text(page), /还没有外呼/);
  await page.screenshot({ path: join(SCREENS, "campaigns-none-zh-1280.png") });
  await press(page, "新建外呼");
  await page.type("[name=name]", "十一月账单提醒");
  const flows = await page.$$eval("[name=flow] option", (options) => options.map((option) => [option.value, option.textContent]));
  assert.ok(flows.some(([name, title]) => name === "bill_due" && title === "账单到期提醒") && !flows.some(([name]) => name === "welcome"), JSON.stringify(flows));
  await page.select("[name=flow]", "bill_due");
  await page.select("[name=caller]", "10001");
  // The calendar follows what is typed, and says so where no call can go.
  await page.click("[name=own_hours]");
  await page.waitForFunction(() => /09:00-12:00/.test(document.getElementById("hours").innerText) && !/20:30/.test(document.getElementById("hours").innerText));
  for (const day of ["monday", "tuesday", "wednesday", "thursday", "friday"]) {
    await page.$eval(`[name=${day}]`, (field) => { field.value = ""; });
  }
  await page.$eval("[name=saturday]", (field) => { field.value = "20:30-21:00"; field.dispatchEvent(new Event("change", { bubbles: true })); });
  await page.waitForSelector("#hours .fault");
  await page.$eval("[name=saturday]", (field) => { field.value = "10:00-12:00"; });
  await page.$eval("[name=monday]", (field) => { field.value = "09:00-18:00"; field.dispatchEvent(new Event("change", { bubbles: true })); });
  await page.waitForFunction(() => !document.querySelector("#hours .fault") && /10:00-12:00/.test(document.getElementById("hours").innerText));
  await page.screenshot({ path: join(SCREENS, "campaigns-editor-zh-1280.png"), fullPage: true });
  await accessible(page, "editor");
  await press(page, "建立草稿");
  assert.match(await text(page), /草稿/);
  assert.match(await text(page), /账单到期提醒[\s\S]*客户看到的号码\s+10001/);

  // A file that is no list says what it lacks.
  const chosen = async (name, seen) => {
    const file = await page.$("#file");
    await file.uploadFile(join(folder, name));
    await page.waitForFunction((seen) => document.getElementById("looked").innerText.includes(seen), {}, seen);
  };
  await chosen("bad.csv", "没有找到手机号这一列");
  await chosen("contacts.csv", "可以导入 6");
  const looked = await page.$eval("#looked", (looked) => looked.innerText);
  assert.ok(looked.includes("138****0001") && looked.includes("128.50") && looked.includes("第 3 行: 没有可用的手机号") && looked.includes("没有地区 mars"), looked);
  assert.ok(!looked.includes("13800000001"), "numbers are masked");
  await page.screenshot({ path: join(SCREENS, "campaigns-preview-zh-1280.png"), fullPage: true });
  await accessible(page, "preview");
  await page.click("[data-take]");
  await page.waitForSelector("#taken");
  assert.match(await page.$eval("#looked", (looked) => looked.innerText), /已导入 5\s+已有 1\s+有误 2/);
  await press(page, "看这个外呼");

  // What the call says is heard before anybody is called; what the list does not bring is asked for.
  const heard = () => page.$eval("#said", (said) => said.innerText);
  await page.click("#hear");
  await page.waitForSelector("#said .fault");
  assert.match(await heard(), /还缺“amount”/);
  for (const [name, held] of [["name", "王先生"], ["amount", "128.50"], ["due", "2026-12-03"]]) {
    await page.type(`[name="with.${name}"]`, held);
  }
  await page.click("#hear");
  await page.waitForFunction(() => Number(document.getElementById("rehearsal").dataset.heard) > 3, { timeout: 90_000 });
  assert.match(await heard(), /听说电信[\s\S]*王先生[\s\S]*对方说是本人以后/);
  await page.screenshot({ path: join(SCREENS, "campaigns-heard-zh-1280.png"), fullPage: true });
  await accessible(page, "heard");
  await page.click("#hear");
  await page.click("#test-call");
  await page.waitForSelector("#test-calls .pill");
  assert.match(await page.$eval("#test-calls", (calls) => calls.innerText), /139\*\*\*\*0009[\s\S]*通话中/);
  await page.waitForFunction(() => /没有空位/.test(document.getElementById("test-calls").innerText), { timeout: 60_000 });
  await press(page, "开始");
  assert.match(await text(page), /进行中/);

  // The dashboard follows without the page being loaded again.
  answered(["completed", "opted_out", "machine", "busy", null]);
  await page.waitForFunction(() => /已拨\s+5/.test(document.getElementById("figures").innerText), { timeout: 15_000 });
  const figures = await page.$eval("#figures", (figures) => figures.innerText);
  assert.match(figures, /真人接听\s+2/);
  assert.match(figures, /机器接听\s+1/);
  assert.match(figures, /不再接听\s+1/);
  await page.screenshot({ path: join(SCREENS, "campaigns-running-zh-1280.png"), fullPage: true });
  await accessible(page, "dashboard");

  await page.goto(`${site}/console/campaigns/1/contacts?outcome=opted_out`);
  assert.equal((await page.$$("tbody tr")).length, 1);
  await Promise.all([page.waitForNavigation(), page.click("tbody a")]);
  assert.match(await text(page), /138\*\*\*\*0002[\s\S]*1\. 不再接听/);
  await page.screenshot({ path: join(SCREENS, "campaigns-contact-zh-1280.png") });
  await page.goto(`${site}/console/campaigns/1/contacts`);
  await page.type("[name=number]", "13800000004");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  assert.ok(!page.url().includes("138"), "a number is never in the address");
  assert.equal((await page.$$("tbody tr")).length, 1);

  // Files as a browser gets them.
  const file = (path) => page.evaluate(async (path) => (await fetch(path)).text(), path);
  const results = await file("/console/campaigns/1/results");
  assert.equal(results.trim().split("\n").length, 6);
  assert.match(results, /138\*\*\*\*0001,,done,completed,,1/);
  const faults = await file("/console/campaigns/1/lists/1/faults");
  assert.match(faults, /^line,reason\n3,no telephone number\n5,/);

  await page.goto(`${site}/console/campaigns/1`);
  await press(page, "暂停");
  assert.match(await text(page), /已暂停/);
  const asked = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.message());
    dialog.accept();
  });
  await press(page, "复制");
  assert.match(await text(page), /十一月账单提醒 2[\s\S]*草稿/);
  await page.$eval("[name=at]", (field) => { field.value = "2020-01-01T09:00"; });
  await press(page, "排期");
  assert.match(await page.$eval("[role=alert]", (alert) => alert.innerText), /已经过了/);
  await page.$eval("[name=at]", (field) => { field.value = "2031-01-06T09:00"; });
  await press(page, "排期");
  assert.match(await text(page), /2031-01-06 09:00/);
  // Promised calls are not given up unknowingly: not those that came while the page was open, and the others are counted in the question.
  promised(2);
  await press(page, "取消外呼");
  assert.match(await page.$eval("[role=alert]", (alert) => alert.innerText), /答应了客户回电/);
  await press(page, "取消外呼");
  assert.match(asked.at(-1), /还有 1 个答应客户的回电/);
  assert.match(await text(page), /已取消/);
  assert.deepEqual(page.faults.filter((fault) => !/status of 4(00|09)/.test(fault)), []);
  await page.browserContext().close();
});

test("events: their rules, what came of them, and what would come of one", async () => {
  const page = await signedIn("operator", "zh", 1280, false);
  await page.goto(`${site}/console/triggers`);
  assert.match(await text(page), /账单到期[\s\S]*提前 3 天[\s\S]*没有这个外呼[\s\S]*低于 ¥20.00[\s\S]*还没有收到事件/);
  const send = (path, key, body) => page.evaluate(async (path, key, body) => {
    const headers = { "X-Form-Token": document.querySelector("[name=form_token]").value, "Idempotency-Key": key, "Content-Type": "application/json" };
    return (await fetch(path, { method: "POST", headers, body: JSON.stringify(body) })).status;
  }, path, key, body);
  const due = { event: "bill_due", customer: "13800000001", date: "2031-01-06" };
  assert.equal(await send("/api/v1/events", "", due), 200);
  assert.equal(await send("/api/v1/campaigns", "standing", { name: "账单到期提醒", flow: "bill_due" }), 201);
  assert.equal(await send("/api/v1/events", "", due), 200);
  assert.equal(await send("/api/v1/events", "", due), 200);
  await page.goto(`${site}/console/triggers`);
  const rows = await page.$$eval("#told tbody tr", (rows) => rows.map((row) => row.innerText));
  assert.deepEqual(rows.map((row) => row.match(/重复，已经报过|进入外呼 等待|没有可用的外呼/)?.[0]), ["重复，已经报过", "进入外呼 等待", "没有可用的外呼"], rows.join("; "));
  assert.ok(rows.every((row) => row.includes("138****0001")), "numbers are masked");
  const foreseen = async (fields, seen) => {
    for (const [name, held] of Object.entries(fields)) {
      await page.$eval(`#trial [name=${name}]`, (field, held) => { field.value = held; }, held);
    }
    await page.click("#trial button");
    await page.waitForFunction((seen) => document.getElementById("foreseen").innerText.includes(seen), {}, seen);
  };
  await foreseen({ event: "bill_due", number: "13800000001" }, "这种事件要填：日期");
  await foreseen({ date: "2031-01-06" }, "重复，已经报过");
  await foreseen({ number: "13800000002" }, "会打电话");
  await page.screenshot({ path: join(SCREENS, "campaigns-events-zh-1280.png"), fullPage: true });
  await accessible(page, "events");
  await page.goto(`${site}/console/triggers?became=before`);
  assert.equal((await page.$$("#told tbody tr")).length, 1, "what was tried is not noted");
  assert.deepEqual(page.faults, []);
  await page.browserContext().close();
});

test("who must not be called comes onto the list and off it, with a reason", async () => {
  const page = await signedIn("operator", "zh", 1280, false);
  page.on("dialog", (dialog) => dialog.accept());
  await page.goto(`${site}/console/do-not-call`);
  assert.match(await text(page), /名单是空的/);
  const add = async (number) => {
    await page.type("main [name=number]", number);
    await page.type("main [name=reason]", "客户来信");
    await press(page, "加入名单");
  };
  await add("12");
  assert.match(await page.$eval("[role=alert]", (alert) => alert.innerText), /不是电话号码/);
  await page.goto(`${site}/console/do-not-call`);
  await add("13900000001");
  await page.goto(`${site}/console/do-not-call`);
  assert.match(await text(page), /139\*\*\*\*0001[\s\S]*客户来信/);
  await page.screenshot({ path: join(SCREENS, "campaigns-refusals-zh-1280.png") });
  await accessible(page, "refusals");
  const supervisor = await signedIn("supervisor", "zh", 1280, false);
  await supervisor.goto(`${site}/console/do-not-call`);
  assert.equal((await supervisor.$$("main form")).length, 0, "who only looks changes nothing");
  await supervisor.type("[name=number]", "13900000001");
  await Promise.all([supervisor.waitForNavigation(), supervisor.keyboard.press("Enter")]);
  assert.equal((await supervisor.$$("tbody tr")).length, 1);
  await supervisor.browserContext().close();
  await page.type("tbody [name=reason]", "客户改变了主意");
  await press(page, "移出");
  assert.match(await text(page), /名单是空的/);
  assert.deepEqual(page.faults.filter((fault) => !/status of 400/.test(fault)), []);
  await page.browserContext().close();
});

for (const [role, lang, width, isDark] of [["operator", "zh", 1280, true], ["operator", "en", 390, false], ["operator", "zh", 390, true], ["supervisor", "en", 1280, false]]) {
  test(`the pages of campaigns for the ${role} in ${lang} at ${width}${isDark ? " in the dark" : ""}`, async () => {
    const page = await signedIn(role, lang, width, isDark);
    const pages = [["list", ""], ["list-none", "?state=done"], ["one", "/1"], ["cancelled", "/2"], ["contacts", "/1/contacts"], ["contacts-none", "/1/contacts?outcome=lost"], ["contact", "/1/contacts/1"], ["missing", "/77"], ["refusals", "/../do-not-call"], ["events", "/../triggers"], ["events-none", "/../triggers?became=over"]];
    if (role === "operator") {
      pages.push(["new", "/new"], ["settings", "/1/settings"]);
    }
    for (const [name, path] of pages) {
      await page.goto(`${site}/console/campaigns${path}`);
      await page.waitForFunction(() => document.readyState === "complete");
      await fits(page, `${name} in ${lang}`);
      await light(page, `${name} in ${lang}`);
      await page.screenshot({ path: join(SCREENS, `campaigns-${name}-${role}-${lang}-${width}.png`), fullPage: true });
      await accessible(page, `${name} in ${lang}`);
    }
    assert.deepEqual(page.faults.filter((fault) => !/status of 404/.test(fault)), []);
    await page.browserContext().close();
  });
}

test("an agent does not see campaigns", async () => {
  const page = await signedIn("agent", "zh", 1280, false);
  assert.equal((await page.$$('.rail a[href="/console/campaigns"]')).length, 0);
  const response = await page.goto(`${site}/console/campaigns`);
  assert.equal(response.status(), 403);
  await page.browserContext().close();
});
