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
