// What a campaign's call says, heard before customers are called, and test calls. The form carries what was typed; nothing of it is in an address.

const form = document.getElementById("rehearsal");
const hear = document.getElementById("hear");
const call = document.getElementById("test-call");
const said = document.getElementById("said");
let sounding;

const send = (path) => fetch(`/console/campaigns/${form.dataset.campaign}/${path}`, {
  method: "POST",
  headers: { "X-Form-Token": form.dataset.token },
  body: new URLSearchParams(new FormData(form)),
});

function told(text) {
  const fault = document.createElement("p");
  fault.className = "fault";
  fault.setAttribute("role", "alert");
  fault.textContent = text;
  said.append(fault);
}

function stop() {
  sounding?.context.close();
  sounding = undefined;
  hear.textContent = form.dataset.hear;
  hear.disabled = false;
}

async function play() {
  // Made in the click, so that the browser lets it sound.
  const context = new AudioContext();
  const mine = { context };
  sounding = mine;
  hear.disabled = true;
  said.replaceChildren();
  try {
    const words = await send("opening");
    said.innerHTML = await words.text();
    if (!words.ok) {
      return stop();
    }
    const sound = await send("opening/sound");
    if (!sound.ok) {
      said.innerHTML += await sound.text();
      return stop();
    }
    const source = context.createBufferSource();
    source.buffer = await context.decodeAudioData(await sound.arrayBuffer());
    source.connect(context.destination);
    source.addEventListener("ended", () => { if (sounding === mine) { stop(); } });
    source.start();
    form.dataset.heard = source.buffer.duration.toFixed(1);
    hear.textContent = form.dataset.stop;
    hear.disabled = false;
  } catch {
    told(form.dataset.lost);
    stop();
  }
}

hear.addEventListener("click", () => (sounding ? stop() : play()));

call?.addEventListener("click", async () => {
  call.disabled = true;
  try {
    const answer = await send("test-calls");
    const calls = document.getElementById("test-calls");
    calls.outerHTML = await answer.text();
    window.htmx.process(document.getElementById("test-calls"));
  } catch {
    told(form.dataset.lost);
  }
  call.disabled = false;
});
