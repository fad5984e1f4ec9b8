// The agent desk: one line to the service for state, words and sound. The protocol is written down in src/api/desk/wire.rs.

const at = (id) => document.getElementById(id);
const desk = at("desk");
const words = Object.fromEntries([...at("words").children].map((item) => [item.dataset.name, item.textContent]));
const word = (name) => words[name] ?? name;
const ALIVE_MS = 3000;
// A service that says nothing for so long is out of reach, whatever the browser thinks of the line.
const SILENT_MS = 8000;
const UNSURE = 0.6;

let socket = null;
let tries = 0;
let heardAt = 0;
let hello = null;
let view = { doing: "closed", queue: [], agents: [] };
let viewAt = 0;
let shownCall = null;
let muted = false;
let sound = null;
let ringing = null;
// For the ring of somebody who speaks on a telephone, and needs no microphone.
let bell = null;

// Sound: a microphone is asked for when somebody wants calls, and kept.
let opening = null;

function openSound() {
  opening ??= openMicrophone().catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}

async function openMicrophone() {
  const context = new AudioContext({ latencyHint: "interactive" });
  await context.audioWorklet.addModule(desk.dataset.sound);
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
  const earpiece = new AudioWorkletNode(context, "earpiece", { outputChannelCount: [1] });
  earpiece.connect(context.destination);
  const microphone = new AudioWorkletNode(context, "microphone", { numberOfOutputs: 0 });
  context.createMediaStreamSource(stream).connect(microphone);
  microphone.port.onmessage = ({ data }) => {
    if (isHeard() && socket?.readyState === WebSocket.OPEN && socket.bufferedAmount < 64000) {
      socket.send(muted ? new Int16Array(data.pcm.byteLength / 2).buffer : data.pcm);
    }
  };
  sound = { context, earpiece };
}

const isHeard = () => (view.doing === "talking" && !view.phone) || view.beside?.role === "whisperer" || view.beside?.role === "barger";

function ring(on) {
  if (on === (ringing !== null)) {
    return;
  }
  if (!on) {
    clearInterval(ringing);
    ringing = null;
    return;
  }
  const tone = () => {
    const context = sound?.context ?? bell;
    if (!context) {
      return;
    }
    const [oscillator, gain] = [context.createOscillator(), context.createGain()];
    oscillator.frequency.value = 660;
    gain.gain.setValueAtTime(0.12, context.currentTime);
    gain.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.6);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start();
    oscillator.stop(context.currentTime + 0.6);
  };
  tone();
  ringing = setInterval(tone, 2000);
}

function say(type, fields = {}) {
  if (socket?.readyState === WebSocket.OPEN) {
    socket.send(JSON.stringify({ type, ...fields }));
  }
}

function tell(text) {
  at("told").textContent = text;
  at("told").hidden = text === "";
}

function element(name, className, ...children) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
}

function button(text, act) {
  const made = element("button", "button", text);
  made.type = "button";
  made.onclick = act;
  return made;
}

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds) % 60).padStart(2, "0")}`;

// How one's own state is shown, every second and at every change.
function showTimes() {
  const passed = (performance.now() - viewAt) / 1000;
  if (view.doing === "closed") {
    at("since").textContent = "";
  } else if (view.doing === "wrap_up") {
    const left = Math.max(0, (view.s_left ?? 0) - passed);
    at("since").textContent = word("left").replace("{}", clock(left));
    at("wrap-up-left").textContent = clock(left);
  } else {
    at("since").textContent = clock(view.since_s_ago + passed);
  }
  for (const shown of document.querySelectorAll("[data-seconds]")) {
    shown.textContent = clock(Number(shown.dataset.seconds) + passed);
  }
}

function seconds(count) {
  const made = element("span", "faint", clock(count));
  made.dataset.seconds = count;
  return made;
}

function showView(next) {
  const before = view.doing;
  view = next;
  viewAt = performance.now();
  desk.dataset.doing = view.doing;
  const phoneRings = view.phone === "rings";
  at("doing").textContent = word(phoneRings ? "phone_rings" : view.phone === "holds" ? "phone_holds" : view.held ? "held" : view.doing);
  const shown = {
    ready: view.doing === "away" || view.doing === "wrap_up",
    away: view.doing === "ready" || view.doing === "wrap_up",
    accept: view.doing === "ringing" && !phoneRings,
    decline: view.doing === "ringing",
    mute: isHeard(),
    // Who holds by the telephone's key comes back by it.
    hold: view.doing === "talking" && view.phone !== "holds",
    recording: view.doing === "talking" && view.recording !== "not",
    unrecorded: view.doing === "talking" && view.recording === "paused",
    "hang-up": view.doing === "talking",
    "hand-on": view.doing === "talking" && !view.hands_on && at("hand-on-to").options.length > 1,
    "handing-on": Boolean(view.hands_on),
  };
  for (const [id, visible] of Object.entries(shown)) {
    at(id).hidden = !visible;
  }
  showHandOn();
  at("hold").setAttribute("aria-pressed", String(view.held));
  at("hold").textContent = word(view.held ? "unhold" : "hold");
  const isPaused = view.recording === "paused";
  at("recording").setAttribute("aria-pressed", String(isPaused));
  at("recording").textContent = word(isPaused ? "resume_recording" : "pause_recording");
  const calledFor = [...at("hand-on-to").options].find((option) => option.dataset.kind === "telephones" && option.value === view.hands_on);
  at("hands-on").textContent = view.hands_on ? word("hands_on").replace("{}", calledFor?.text ?? view.hands_on) : "";
  at("wrap-up").hidden = view.doing !== "wrap_up";
  ring(view.doing === "ringing" && !phoneRings);
  if (view.doing === "talking" && !view.phone && !sound) {
    // Opened again in the middle of a call.
    openSound().catch(() => tell(word("no_microphone")));
  }
  if (before !== view.doing) {
    tell("");
    muted = false;
    showMuted();
    if (view.doing === "ringing" && !phoneRings) {
      at("accept").focus();
    }
    if (view.doing === "wrap_up") {
      at("disposition").focus();
    }
    if (view.doing !== "talking") {
      at("hand-on").reset();
    }
    if (view.doing === "ready" || view.doing === "away") {
      clearCase();
    }
  }
  showPeople();
  showTimes();
}

const named = (skill) => hello?.skills.find(({ id }) => id === skill)?.shown ?? skill.replaceAll("_", " ");

function showPeople() {
  at("queue-count").textContent = view.queue.length;
  const wants = (each) => [words[`level_${each.level}`] ?? each.level, ...each.skills.map((skill) => words[`lang_${skill}`] ?? named(skill))];
  const waiting = view.queue.map((each) => element("li", "row", wants(each).filter(Boolean).join(" · "), seconds(each.waits_s)));
  at("queue").replaceChildren(...(waiting.length > 0 ? waiting : [element("li", "faint", word("nobody_waits"))]));
  at("agents").replaceChildren(
    ...view.agents.map((each) => {
      const state = each.interrupted ? word("interrupted") : word(each.doing);
      const row = element("li", "row", each.shown, element("span", "faint", state, " ", seconds(each.since_s_ago)));
      if (hello?.leads && each.call && each.id !== hello.id && each.doing === "talking") {
        row.append(leading(each.call));
      }
      return row;
    }),
  );
}

// What somebody who leads can do about a colleague's call.
function leading(call) {
  const inIt = view.beside?.call === call ? view.beside.role : null;
  const join = (role, name) => {
    const made = button(word(name), () => openSound().then(() => say("join", { call, role }), () => tell(word("no_microphone"))));
    made.setAttribute("aria-pressed", String(inIt === role));
    return made;
  };
  const acts = [join("listener", "listen"), join("whisperer", "whisper"), join("barger", "barge"), button(word("take_over"), () => withVoice(() => say("take_over", { call })))];
  return element("div", "acts", ...acts, ...(inIt ? [button(word("quit"), () => say("quit"))] : []));
}

function clearCase() {
  shownCall = null;
  at("case").hidden = true;
  at("no-case").hidden = false;
  at("no-talk").hidden = false;
  at("remarks").replaceChildren();
  at("note").value = "";
  at("order-text").value = "";
}

function fact(name, value) {
  return element("div", "", element("dt", "", name), element("dd", "", value));
}

function showCase(told) {
  shownCall = told;
  at("case").hidden = false;
  at("no-case").hidden = true;
  at("number").textContent = told.number ?? word("withheld");
  at("verified").textContent = word(told.verified ? "verified" : "unverified");
  showPassedOn(told.passed_on);
  showKnown(told.known);
  at("tried-part").hidden = told.tried.length === 0;
  at("tried").replaceChildren(...told.tried.map((each) => element("li", "row", words[`op_${each.operation}`] ?? each.operation, element("span", "faint", word(each.how)))));
  showSuggestions(told.suggestions);
  at("remarks").replaceChildren();
  told.transcript.forEach(showRemark);
  at("no-talk").hidden = true;
  const fits = [...at("order-class").options].find((option) => option.value === told.intent);
  if (fits) {
    at("order-class").value = fits.value;
  }
}

// Which colleagues had the caller before, and what they add; the last one first.
function showPassedOn(all) {
  at("passed-on-part").hidden = all.length === 0;
  const by = (each) => word("passed_on_by").replace("{}", () => each.by).replace("{skill}", () => each.skill);
  at("passed-on").replaceChildren(...all.toReversed().map((each) => element("li", "", element("strong", "", by(each)), ...(each.note ? [element("p", "", each.note)] : []))));
}

function showKnown(known) {
  shownCall.known = known;
  const why = [fact(word("why"), word(shownCall.reason)), ...(shownCall.title ? [fact(word("wish"), shownCall.title)] : [])];
  const all = [...known, ...shownCall.slots].map(({ name, value }) => fact(words[`fact_${name}`] ?? name, value));
  at("facts").replaceChildren(...why, fact(word("language"), words[`lang_${shownCall.lang}`] ?? shownCall.lang), ...all);
}

function showSuggestions(suggestions) {
  at("suggestions-part").hidden = suggestions.length === 0;
  at("suggestions").replaceChildren(
    ...suggestions.map((each, n) => {
      const details = element("details", "", element("summary", "", each.question), element("p", "", each.answer));
      details.open = n === 0;
      return element("li", "", details);
    }),
  );
}

// Words that may still change stand last of their side, in grey, until they are replaced.
function showRemark(remark) {
  const list = at("remarks");
  const last = [...list.children].findLast((line) => line.dataset.who === remark.who);
  const line = last?.dataset.partial === "true" ? last : element("li", "remark");
  line.dataset.who = remark.who;
  line.dataset.partial = String(remark.partial);
  const said = element("span", "words", remark.text);
  if (remark.confidence !== null && remark.confidence < UNSURE && remark.who === "caller") {
    said.dataset.unsure = "";
    said.title = word("sure").replace("{}", Math.round(remark.confidence * 100));
  }
  const tag = remark.title ? [document.createElement("br"), element("span", "tag", remark.title)] : [];
  line.replaceChildren(element("span", "by", `${word(remark.who)} ${clock(remark.at_ms / 1000)}`), said, ...tag);
  if (line.parentElement !== list) {
    list.append(line);
  }
  list.parentElement.scrollTop = list.parentElement.scrollHeight;
}

// The note is for a colleague; a telephone gets none.
function showHandOn() {
  at("hand-on-note").hidden = at("hand-on-to").selectedOptions[0]?.dataset.kind !== "skills";
}

function choices(kind, all) {
  const group = document.createElement("optgroup");
  group.label = word(`to_${kind}`);
  for (const { id, shown } of all) {
    const option = new Option(shown, id);
    option.dataset.kind = kind;
    group.append(option);
  }
  return all.length > 0 ? [group] : [];
}

function showHello(told) {
  hello = told;
  at("by-phone").hidden = !told.phone;
  at("by-phone").textContent = told.phone ? word("by_phone").replace("{}", told.phone) : "";
  const options = (choices) => choices.map(({ id, shown }) => new Option(shown, id));
  at("disposition").replaceChildren(...options(told.dispositions));
  const somewhere = [...choices("skills", told.skills), ...choices("telephones", told.telephones)];
  at("hand-on-to").replaceChildren(new Option(word("hand_on_choose"), ""), ...somewhere);
  at("order-class").replaceChildren(...options(told.classes));
}

function told(message) {
  const acts = {
    hello: showHello,
    view: showView,
    case: showCase,
    known: ({ known }) => shownCall && showKnown(known),
    said: showRemark,
    suggests: ({ suggestions }) => showSuggestions(suggestions),
    keys: ({ keys }) => keys && tell(word("keys").replace("{}", keys)),
    order_opened: ({ number }) => {
      at("order-text").value = "";
      tell(word("order_opened").replace("{}", number));
    },
    refused: ({ why }) => tell(word(why)),
    phone_failed: ({ why }) => tell(words[`phone_${why}`] ?? word("phone_unreachable")),
    not_handed_on: ({ why }) => tell(words[`not_handed_on_${why}`] ?? word("not_handed_on")),
    replaced: () => {
      socket.onclose = null;
      socket = null;
      showClosed(word("replaced"));
    },
  };
  acts[message.type]?.(message);
}

function showClosed(text) {
  view = { ...view, doing: "closed" };
  desk.dataset.doing = "closed";
  at("doing").textContent = word("closed");
  for (const id of ["unrecorded", "hand-on", "handing-on"]) {
    at(id).hidden = true;
  }
  ring(false);
  for (const shown of document.querySelectorAll(".pane .acts > .button")) {
    shown.hidden = true;
  }
  tell(text);
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const own = new WebSocket(`${scheme}://${location.host}/desk/line`);
  socket = own;
  heardAt = performance.now();
  own.binaryType = "arraybuffer";
  own.onopen = () => {
    tries = 0;
    tell("");
  };
  own.onmessage = ({ data }) => {
    heardAt = performance.now();
    if (data instanceof ArrayBuffer) {
      sound?.earpiece.port.postMessage(data, [data]);
    } else {
      told(JSON.parse(data));
    }
  };
  own.onclose = again;
}

// A new line in place of one that is gone; a browser may take minutes to say so.
function again() {
  const old = socket;
  socket = null;
  old.onopen = old.onmessage = old.onclose = null;
  old.close();
  tries += 1;
  showClosed(word("tries"));
  setTimeout(connect, Math.min(500 * tries, 5000));
}

function lookAfterLine() {
  say("alive");
  if (socket && performance.now() - heardAt > SILENT_MS) {
    again();
  }
}

function showMuted() {
  at("mute").setAttribute("aria-pressed", String(muted));
  at("mute").textContent = word(muted ? "unmute" : "mute");
}

// Does it once one can speak: a telephone of one's own rings by itself, a browser needs its microphone.
function withVoice(act) {
  if (hello?.phone) {
    bell ??= new AudioContext();
    act();
  } else {
    openSound().then(act, () => tell(word("no_microphone")));
  }
}

at("ready").onclick = () => withVoice(() => say("ready"));
at("away").onclick = () => say("away");
at("accept").onclick = () => withVoice(() => say("accept"));
at("decline").onclick = () => say("decline");
at("hang-up").onclick = () => say("hang_up");
at("hold").onclick = () => say("hold", { held: !view.held });
at("recording").onclick = () => say("pause_recording", { paused: view.recording !== "paused" });
at("mute").onclick = () => {
  muted = !muted;
  showMuted();
};
at("hand-on").onsubmit = (event) => {
  event.preventDefault();
  tell("");
  const chosen = at("hand-on-to").selectedOptions[0];
  if (chosen.dataset.kind === "skills") {
    say("pass_on", { skill: chosen.value, note: at("hand-on-text").value });
  } else {
    say("hand_on", { to: chosen.value });
  }
};
at("hand-on-to").onchange = showHandOn;
at("keep").onclick = () => say("keep");
at("order").onsubmit = (event) => {
  event.preventDefault();
  say("open_order", { class: at("order-class").value, text: at("order-text").value });
};
at("wrap-up").onsubmit = (event) => {
  event.preventDefault();
  say("wrap_up", { disposition: at("disposition").value, note: at("note").value });
};
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select") !== null;
  if (view.doing !== "ringing" || isTyping || (event.key !== "Enter" && event.key !== "Escape")) {
    return;
  }
  event.preventDefault();
  const act = at(event.key === "Enter" ? "accept" : "decline");
  if (!act.hidden) {
    act.click();
  }
});
setInterval(showTimes, 1000);
setInterval(lookAfterLine, ALIVE_MS);
connect();
