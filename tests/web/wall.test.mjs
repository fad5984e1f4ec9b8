// The queue wall beside a desk at work: what callers and agents do is on it by itself, in both languages and at three widths.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Agent, Caller, PATIENCE, openHouse } from "./people.mjs";
import { SCREENS, accessible, fits, light, signedIn } from "./visit.mjs";

let house;

before(async () => {
  house = await openHouse({ ring: 600, wrap_up: 600, overflow_after: 3000 }, [["limin", "zh"], ["supervisor", "zh", "supervisor"], ["agent", "zh"]]);
});

after(() => house?.close());

const shows = async (page, selector, words) => {
  try {
    await page.waitForFunction((selector, words) => [...document.querySelectorAll(selector)].some((each) => each.innerText.includes(words)), PATIENCE, selector, words);
  } catch (error) {
    throw new Error(`the wall never showed ${words}; there is ${await page.$eval("main", (main) => main.innerText)}`, { cause: error });
  }
};

async function look(lang, name) {
  for (const [width, isDark] of [[1280, false], [390, true], [1920, false], [390, false], [1920, true]]) {
    const page = await signedIn(house.browser, house.site, "supervisor", lang, width, isDark);
    await page.goto(`${house.site}/console/wall`);
    await page.waitForFunction(() => document.readyState === "complete");
    await light(page, name);
    await fits(page, `${name} in ${lang} at ${width}`);
    await page.screenshot({ path: join(SCREENS, `${name}-${lang}-${width}${isDark ? "-dark" : ""}.png`), fullPage: width === 390 });
    await accessible(page, `${name} in ${lang} at ${width}`);
    assert.deepEqual(page.faults, []);
    await page.browserContext().close();
  }
}

test("nobody there, callers who wait, are answered and give up: all of it is on the wall by itself", PATIENCE, async () => {
  await look("zh", "wall-empty");
  await look("en", "wall-empty");
  const page = await signedIn(house.browser, house.site, "supervisor", "zh", 1280, false);
  await page.goto(`${house.site}/console/wall`);
  await shows(page, ".empty", "没有坐席在线");
  const limin = await Agent.signIn(house, "limin");
  await shows(page, ".wall-people .doing", "离开");
  await limin.ready();
  await shows(page, ".wall-people .doing", "空闲");
  const first = await Caller.wanting(house, "13800000001");
  await shows(page, ".wall-people .doing", "振铃");
  await limin.accept();
  await shows(page, ".wall-people .doing", "通话中");
  await shows(page, ".wall-row", "今日接听\n1");
  const second = await Caller.wanting(house, "13800000002");
  await shows(page, ".wall-people li", "138****0002");
  await shows(page, ".worry", "等待偏长");
  const seconds = () => page.$eval(".wall-people time", (time) => time.innerText);
  const before = await seconds();
  await page.waitForFunction((before) => document.querySelector(".wall-people time").innerText !== before, PATIENCE, before);
  await look("zh", "wall");
  await look("en", "wall");
  await second.hangUp();
  await shows(page, ".wall-row", "今日放弃\n1");
  await shows(page, ".worry", "低于服务水平");
  await first.hangUp();
  await shows(page, ".wall-people .doing", "话后");
  assert.deepEqual(page.faults, []);
  await Promise.all([page.browserContext().close(), limin.leaves(), first.leaves(), second.leaves()]);
});

test("an agent has no wall", PATIENCE, async () => {
  const page = await signedIn(house.browser, house.site, "agent", "zh", 1280, false);
  const answer = await page.goto(`${house.site}/console/wall`);
  assert.equal(answer.status(), 403);
  assert.equal(await page.$('.rail a[href="/console/wall"]'), null);
  await page.browserContext().close();
});
