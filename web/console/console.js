// Keys of every page: j and k go through a list, Enter opens, / searches, ? explains. Lists are elements with data-list, their rows have data-row and a link.

const isTyping = (target) => target.closest?.("input, textarea, select, [contenteditable]") !== null;

const rows = () => [...document.querySelectorAll("[data-list] [data-row]")];

function move(step) {
  const all = rows();
  const link = (row) => row.querySelector("a[href]") ?? row;
  const here = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[Math.min(Math.max(here + step, 0), all.length - 1)];
  if (next) {
    link(next).focus();
    next.scrollIntoView({ block: "nearest" });
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
    return;
  }
  const actions = {
    j: () => move(1),
    k: () => move(-1),
    "/": () => document.querySelector("[data-search]")?.focus(),
    "?": () => document.getElementById("help").showModal(),
  };
  const action = actions[event.key];
  if (action) {
    event.preventDefault();
    action();
  }
});

// A whole row is a link, where it says so.
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row]");
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.target.closest("a, button, input, select, label");
  if (row && isPlain && getSelection()?.isCollapsed) {
    row.querySelector("a[href]")?.click();
  }
});

// On a telephone the rail is longer than the window.
document.querySelector('.rail [aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "center" });

// Menus close when something else is meant.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.who[open]")) {
    if (!menu.contains(event.target)) {
      menu.open = false;
    }
  }
});

// What cannot be undone is asked about.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !confirm(question)) {
    event.preventDefault();
  }
});
