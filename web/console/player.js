// The player of a call: both sides as a waveform, words in step with the sound.

const player = document.querySelector("[data-player]");
const audio = document.getElementById("audio");
const wave = document.getElementById("wave");
const clock = document.getElementById("clock");
const play = document.getElementById("play");
const words = [...document.querySelectorAll("[data-at]")];
let outline = [[], []];

const shown = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function draw() {
  const style = getComputedStyle(document.documentElement);
  const colours = [style.getPropertyValue("--accent"), style.getPropertyValue("--good")];
  const context = wave.getContext("2d");
  const { width, height } = wave;
  const played = audio.duration ? audio.currentTime / audio.duration : 0;
  const middle = height / 2;
  context.clearRect(0, 0, width, height);
  outline.forEach((points, side) => {
    const step = width / Math.max(points.length, 1);
    context.fillStyle = colours[side];
    points.forEach((point, place) => {
      const tall = Math.max(1, (point / 100) * (middle - 4));
      context.globalAlpha = place / points.length <= played ? 1 : 0.45;
      context.fillRect(place * step, side === 0 ? middle - tall - 1 : middle + 1, Math.max(step - 0.5, 0.5), tall);
    });
  });
  context.globalAlpha = 1;
  context.fillStyle = style.getPropertyValue("--text");
  context.fillRect(played * width, 0, 2, height);
}

function follow() {
  const now = audio.currentTime * 1000;
  clock.textContent = `${shown(audio.currentTime)} / ${shown(audio.duration || 0)}`;
  // The last words that had begun.
  const current = words.filter((each) => Number(each.dataset.at) <= now + 50).sort((a, b) => a.dataset.at - b.dataset.at).pop();
  for (const each of words) {
    each.toggleAttribute("data-now", each === current && !audio.paused);
  }
  draw();
}

async function begin() {
  try {
    const answer = await fetch(player.dataset.player);
    if (!answer.ok) {
      throw new Error(answer.statusText);
    }
    outline = await answer.json();
    follow();
  } catch {
    clock.textContent = player.dataset.broken;
  }
}

if (player) {
  for (const name of ["timeupdate", "loadedmetadata", "seeked", "play", "pause"]) {
    audio.addEventListener(name, follow);
  }
  audio.addEventListener("error", () => { clock.textContent = player.dataset.broken; });
  audio.addEventListener("play", () => { play.textContent = player.dataset.pause; });
  audio.addEventListener("pause", () => { play.textContent = player.dataset.play; });
  play.addEventListener("click", () => (audio.paused ? audio.play() : audio.pause()));
  wave.addEventListener("click", (event) => {
    const box = wave.getBoundingClientRect();
    audio.currentTime = ((event.clientX - box.left) / box.width) * (audio.duration || 0);
  });
  for (const each of words) {
    each.addEventListener("click", () => {
      audio.currentTime = Number(each.dataset.at) / 1000;
      audio.play();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === " " && !event.target.closest("button, input, textarea, select, a, summary")) {
      event.preventDefault();
      play.click();
    }
  });
  begin();
}
