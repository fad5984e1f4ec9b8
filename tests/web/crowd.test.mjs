// Two agents and three callers at once in headless Chromium: whatever either side does, nobody is lost. PROGRAM names the program, SCREENS a folder for screenshots.
// Nothing goes by the clock: every step waits for what stands on a page.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Agent, Caller, openHouse } from "./people.mjs";
import { SCREENS, accessible } from "./visit.mjs";

const [ANNA, BEN, CARL] = ["13800000001", "13800000002", "13800000003"];
const MASKED = { [ANNA]: "138****0001", [BEN]: "138****0002", [CARL]: "138****0003" };

let house;

before(async () => {
  house = await openHouse({ ring: 45, wrap_up: 900, come_back: 45, tell_every: 15 }, [["limin", "zh"], ["wanglei", "zh"]], { dials: true });
});

after(() => house?.close());

// Whoever leaves is gone only after the time to come back, and rings no more; the next test's agents take their places.
async function both() {
  const limin = await Agent.signIn(house, "limin");
  await limin.ready();
  const wanglei = await Agent.signIn(house, "wanglei");
  await wanglei.ready();
  return [limin, wanglei];
}

const waiting = (agent, count) => agent.shows("queue-count", String(count));
const leave = (...people) => Promise.all(people.map((each) => each.leaves()));

test("accepting, declining, not answering, and hanging up in every state", async () => {
  const [limin, wanglei] = await both();
  // Who has been idle for longest is asked first.
  const anna = await Caller.wanting(house, ANNA);
  await limin.does("ringing");
  await limin.shows("number", MASKED[ANNA]);
  await limin.accept();
  // Declined by the one who is free, so that only the one who talks is left.
  const ben = await Caller.wanting(house, BEN);
  await wanglei.does("ringing");
  await wanglei.shows("number", MASKED[BEN]);
  await wanglei.decline();
  await wanglei.does("ready");
  await waiting(limin, 1);
  await ben.hears("您排在第");
  // Rings until nobody answers: who did not is away.
  const carl = await Caller.wanting(house, CARL);
  await wanglei.does("ringing");
  await wanglei.does("away");
  await carl.hears("您排在第");
  await waiting(limin, 2);
  await limin.page.screenshot({ path: join(SCREENS, "crowd-two-wait.png"), fullPage: true });
  await accessible(limin.page, "the desk with a queue");
  // Back again: the one who waited longest rings, and hangs up while it rings; the next one rings at once.
  await wanglei.click("ready");
  await wanglei.does("ringing");
  await wanglei.shows("number", MASKED[BEN]);
  await ben.hangUp();
  await wanglei.shows("number", MASKED[CARL]);
  await wanglei.accept();
  // Hangs up while waiting.
  await ben.leaves();
  const again = await Caller.wanting(house, BEN);
  await waiting(limin, 1);
  await again.hangUp();
  await waiting(limin, 0);
  // Hangs up while on hold.
  await limin.click("hold");
  await limin.shows("doing", "保持中");
  await anna.hangUp();
  await limin.does("wrap_up");
  // The agent hangs up: the caller is told goodbye.
  await wanglei.click("hang-up");
  await carl.hears("感谢来电");
  await wanglei.does("wrap_up");
  // Everybody writes: a caller waits, and rings at the first who has finished; hangs up while they talk.
  await leave(anna, carl, again);
  const last = await Caller.wanting(house, ANNA);
  await waiting(limin, 1);
  await limin.finish("回访已约");
  await limin.accept();
  await last.hangUp();
  await limin.finish("已挂断");
  await limin.does("ready");
  await wanglei.ready();
  assert.deepEqual([...limin.page.faults, ...wanglei.page.faults], []);
  await leave(limin, wanglei, last);
});

test("an agent's page is closed in the middle: ringing, talking, writing", async () => {
  const [limin, wanglei] = await both();
  // Ringing: the next one is asked, and whoever comes back takes calls again.
  const anna = await Caller.wanting(house, ANNA);
  await limin.does("ringing");
  await limin.page.close();
  await wanglei.does("ringing");
  await wanglei.accept();
  await limin.open();
  await limin.does("ready");
  // Talking: told, and taken up again by the same agent.
  const ben = await Caller.wanting(house, BEN);
  await limin.accept();
  await limin.page.close();
  await ben.hears("线路断了一下");
  await limin.open();
  await limin.does("talking");
  await limin.shows("number", MASKED[BEN]);
  // For good: the caller goes before whoever waits already.
  const carl = await Caller.wanting(house, CARL);
  await carl.hears("您排在第");
  await limin.leaves();
  await ben.hears("又断了一下");
  await ben.hears("您排在最前面");
  await waiting(wanglei, 2);
  await wanglei.click("hang-up");
  await wanglei.finish("已解释");
  await wanglei.does("ringing");
  await wanglei.shows("number", MASKED[BEN]);
  await wanglei.accept();
  // Who still waits would rather be called back.
  await carl.press("1");
  await carl.hears("轮到您时我们打给您");
  await carl.hangUp();
  await ben.hangUp();
  // Writing: the page comes back with the call and its form.
  await wanglei.does("wrap_up");
  await wanglei.page.close();
  await wanglei.open();
  await wanglei.does("wrap_up");
  await wanglei.shows("number", MASKED[BEN]);
  await wanglei.page.screenshot({ path: join(SCREENS, "crowd-wrap-up-again.png"), fullPage: true });
  await wanglei.finish("重新打开后写完");
  await wanglei.away();
  await leave(wanglei, anna, ben, carl);
});

test("the network is cut and comes back, of agents and of a caller", async () => {
  const [near, far, home] = [await house.cable(), await house.cable(), await house.cable()];
  const limin = await Agent.signIn(house, "limin", { site: near.site });
  await limin.ready();
  const wanglei = await Agent.signIn(house, "wanglei", { site: far.site });
  // Ready: the page finds the way back by itself, and takes calls again.
  near.cut();
  await limin.does("closed");
  await limin.shows("told", "重连");
  near.mend();
  await limin.does("ready");
  // Ringing: it is given back, and rings again when the line is there.
  const anna = await Caller.wanting(house, ANNA);
  await limin.does("ringing");
  near.cut();
  await limin.does("closed");
  near.mend();
  await limin.accept();
  // Talking, and nobody says that the line is gone: nothing passes any more.
  near.freeze();
  await limin.does("closed");
  await anna.hears("线路断了一下");
  near.mend();
  await limin.does("talking");
  await limin.shows("number", MASKED[ANNA]);
  // Both agents at once, each with a caller; a third one waits meanwhile.
  await wanglei.ready();
  const ben = await Caller.wanting(house, BEN, { site: home.site });
  await wanglei.accept();
  const carl = await Caller.wanting(house, CARL);
  await carl.hears("您排在第");
  near.cut();
  far.cut();
  await Promise.all([limin.does("closed"), wanglei.does("closed"), anna.hears("又断了一下"), ben.hears("线路断了一下")]);
  near.mend();
  far.mend();
  await Promise.all([limin.does("talking"), wanglei.does("talking")]);
  // A caller whose network is cut has left.
  home.cut();
  await wanglei.finish("来电中断");
  await wanglei.does("ringing");
  await wanglei.shows("number", MASKED[CARL]);
  await wanglei.accept();
  await carl.hangUp();
  await anna.hangUp();
  await Promise.all([limin.does("wrap_up"), wanglei.does("wrap_up")]);
  await leave(limin, wanglei, anna, ben, carl);
});
