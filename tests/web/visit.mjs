// Somebody at the console in headless Chromium: signing in, what every page has to keep to.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

export const PROGRAM = process.env.PROGRAM ?? "target/debug/tingshuo";
export const SCREENS = process.env.SCREENS ?? "target/web";
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const PASSWORD = "correct horse battery";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const MOST_BYTES = 200_000;

// A page whose errors, and requests to other hosts, are kept.
export async function opened(browser, site, width, isDark) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
  page.on("request", (request) => /^data:/.test(request.url()) || request.url().startsWith(site) || page.faults.push(`another host: ${request.url()}`));
  await page.setViewport({ width, height: 800 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: isDark ? "dark" : "light" }]);
  return page;
}

export async function signedIn(browser, site, role, lang, width, isDark) {
  const page = await opened(browser, site, width, isDark);
  await page.goto(`${site}/console/sign-in?lang=${lang}`);
  await page.type("input[name=name]", role);
  await page.type("input[name=password]", PASSWORD);
  await Promise.all([page.waitForNavigation(), page.click("button[type=submit]")]);
  await page.goto(`${site}/console/settings`);
  if ((await page.$eval("html", (html) => html.lang)) !== (lang === "zh" ? "zh-CN" : "en")) {
    await page.click(`input[name=lang][value=${lang}]`);
    await Promise.all([page.waitForNavigation(), page.click('form[action="/console/settings/language"] button')]);
  }
  return page;
}

export async function accessible(page, name) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html)]), [], name);
}

// Nothing is wider than the window, and no text is cut off that has no way to be seen.
export async function fits(page, name) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${name} is ${wide} pixels too wide`);
}

// Nothing but the page itself, and little of it.
export async function light(page, name) {
  const bytes = await page.evaluate(() => [performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource").filter(({ initiatorType }) => initiatorType !== "audio" && initiatorType !== "other")].reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0));
  assert.ok(bytes > 5_000 && bytes < MOST_BYTES, `${name} has ${bytes} bytes`);
}
