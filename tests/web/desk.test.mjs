// The agent desk in headless Chromium, alone with one caller: what its page shows in each state. PROGRAM names the program, SCREENS a folder for screenshots.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Agent, Caller, openHouse } from "./people.mjs";
import { PROGRAM, SCREENS, accessible } from "./visit.mjs";

const ANNA = "13800000001";
const TELEPHONES = '{ second_line: { zh: 二线专家, en: Second line, call: "sip:second@127.0.0.1" } }';

let house;

before(async () => {
  house = await openHouse({ telephones: TELEPHONES }, [["limin", "zh"], ["wanglei", "en"], ["zhaoyu", "zh"]]);
});

after(() => house?.close());

const picture = async ({ page }, name) => {
  await accessible(page, name);
  await page.screenshot({ path: join(SCREENS, `desk-${name}.png`), fullPage: true });
};

test("an agent takes a call with the keyboard, finishes it, and the caller is told goodbye", async () => {
  const agent = await Agent.signIn(house, "limin");
  await agent.does("away");
  await picture(agent, "zh-1280-away");
  await agent.ready();
  const caller = await Caller.wanting(house, ANNA);
  await agent.does("ringing");
  await agent.shows("number", "138****0001");
  await agent.shows("facts", "客户要求");
  await picture(agent, "zh-1280-ringing");
  await agent.accept();
  await agent.page.type("#order-text", "客户问上月账单");
  await agent.page.click("#order button");
  await agent.shows("told", "已建");
  await picture(agent, "zh-1280-talking");
  // There is no trunk in this house.
  await agent.page.select("#hand-on-to", "second_line");
  await agent.hides("hand-on-note");
  await agent.page.click("#hand-on button");
  await agent.shows("told", "来电者还在您这里");
  await agent.click("hold");
  await agent.shows("doing", "保持中");
  await agent.click("hold");
  await agent.shows("doing", "通话中");
  await agent.click("recording");
  await agent.shows("unrecorded", "录音已暂停");
  await agent.shows("recording", "恢复录音");
  await picture(agent, "zh-1280-unrecorded");
  await agent.click("recording");
  await agent.shows("recording", "暂停录音");
  await agent.hides("unrecorded");
  await agent.click("hang-up");
  await agent.does("wrap_up");
  await caller.hears("感谢来电");
  await agent.page.type("#note", "已解释");
  await picture(agent, "zh-1280-wrap-up");
  await agent.page.click("#wrap-up button");
  await agent.does("ready");
  await agent.away();
  assert.deepEqual(agent.page.faults, []);
  await Promise.all([agent.leaves(), caller.leaves()]);
});

test("an agent in English, on a small screen, in the dark", async () => {
  const agent = await Agent.signIn(house, "wanglei", { width: 390, isDark: true });
  await agent.ready();
  const caller = await Caller.wanting(house, ANNA);
  await agent.does("ringing");
  await picture(agent, "en-390-ringing");
  await agent.decline();
  await agent.does("ready");
  // Somebody who is away might still come, so it takes until the other one is gone.
  await caller.hears("没有转接成功");
  await caller.press("0");
  await agent.accept();
  await picture(agent, "en-390-talking");
  await agent.click("recording");
  await agent.shows("unrecorded", "Recording paused");
  await picture(agent, "en-390-unrecorded");
  await caller.hangUp();
  await agent.does("wrap_up");
  await picture(agent, "en-390-wrap-up");
  assert.deepEqual(agent.page.faults, []);
  await Promise.all([agent.leaves(), caller.leaves()]);
});

test("an agent whose telephone cannot be reached is told so, and the caller goes on", async () => {
  const set = spawnSync(PROGRAM, ["user", "phone", "zhaoyu", "sip:201@pbx.example", "--database", house.database]);
  assert.equal(set.status, 0, String(set.stderr));
  const agent = await Agent.signIn(house, "zhaoyu");
  await agent.shows("by-phone", "sip:201@pbx.example");
  await agent.ready();
  const caller = await Caller.wanting(house, ANNA);
  await agent.does("ringing");
  await agent.page.keyboard.press("Enter");
  await agent.does("away");
  await agent.shows("told", "打不通您的话机");
  await caller.hears("没有转接成功");
  await picture(agent, "zh-1280-phone");
  assert.deepEqual(agent.page.faults, []);
  await Promise.all([agent.leaves(), caller.leaves()]);
});

// At both widths; the page is left as it was.
const bothWidths = async (agent, name) => {
  for (const width of [1280, 390]) {
    await agent.page.setViewport({ width, height: 900 });
    await picture(agent, name.replace("-", `-${width}-`));
  }
  await agent.page.setViewport({ width: agent.width, height: 900 });
};

test("an agent passes a caller on to a colleague, who sees from whom and why, and passes him back", async () => {
  const first = await Agent.signIn(house, "limin");
  await first.ready();
  const caller = await Caller.wanting(house, ANNA);
  await first.accept();
  await first.page.select("#hand-on-to", "billing");
  await first.page.type("#hand-on-text", "上月多扣了漫游费，请核对流水");
  await first.page.click("#hand-on button");
  await first.shows("told", "没有别的同事能接");
  await first.shows("hand-on-note", "给同事的话");
  await bothWidths(first, "zh-hand-on");
  const second = await Agent.signIn(house, "wanglei", { width: 390, isDark: true });
  await second.ready();
  // With the keyboard alone.
  await first.page.focus("#hand-on-text");
  await first.page.keyboard.press("Tab");
  await first.page.keyboard.press("Enter");
  await first.does("wrap_up");
  await caller.hears("请同事接着帮您");
  await second.does("ringing");
  await second.shows("passed-on", "Billing");
  await second.shows("passed-on", "上月多扣了漫游费，请核对流水");
  await bothWidths(second, "en-passed-on");
  await second.accept();
  await second.page.select("#hand-on-to", "complaints");
  await second.page.click("#hand-on button");
  await second.shows("told", "No other colleague");
  await bothWidths(second, "en-hand-on");
  await first.finish("转给计费");
  await first.does("ready");
  await second.page.select("#hand-on-to", "billing");
  await second.page.click("#hand-on button");
  await second.does("wrap_up");
  await caller.hears("我再请一位同事帮您");
  await first.does("ringing");
  const notes = await first.page.$$eval("#passed-on li", (items) => items.map((item) => item.querySelector("p")?.textContent ?? ""));
  assert.deepEqual(notes, ["", "上月多扣了漫游费，请核对流水"]);
  await bothWidths(first, "zh-passed-on");
  await first.accept();
  assert.equal(await first.page.$eval("#hand-on-to", ({ value }) => value), "", "nothing is chosen from before");
  await first.click("hang-up");
  await caller.hears("感谢来电");
  assert.deepEqual([...first.page.faults, ...second.page.faults], []);
  await Promise.all([first.leaves(), second.leaves(), caller.leaves()]);
});
