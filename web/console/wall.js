// The queue wall: the service sends it whenever it changes; times go on by themselves in between.

const wall = document.getElementById("wall");
const board = document.getElementById("wall-board");
const said = document.getElementById("wall-said");
const lost = document.getElementById("wall-lost");
const full = document.getElementById("wall-full");
let came = performance.now();

function clock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

// What is to worry about is read out once, when it changes; figures that go on are not.
function tellWorries() {
  const worries = [...board.querySelectorAll("[data-worry]")].map((each) => each.dataset.worry).join("; ");
  if (said.textContent !== worries) {
    said.textContent = worries;
  }
}

setInterval(() => {
  const passed = Math.floor((performance.now() - came) / 1000);
  for (const time of board.querySelectorAll("time[data-seconds]")) {
    time.textContent = clock(Number(time.dataset.seconds) + passed);
  }
}, 1000);

const events = new EventSource(wall.dataset.events);
events.addEventListener("wall", (event) => {
  came = performance.now();
  lost.hidden = true;
  board.innerHTML = event.data;
  tellWorries();
});
events.addEventListener("error", () => {
  lost.hidden = false;
});
tellWorries();

if (document.fullscreenEnabled) {
  full.hidden = false;
  full.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : wall.requestFullscreen()));
}
