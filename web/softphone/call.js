// The softphone: one call at a time over a WebSocket.
import { WORDS } from "./words.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
// The demo operator's invented customers.
const CUSTOMERS = ["13800000001", "13800000002", "13800000003", "13800000010"];
const DEFAULT_CUSTOMER = "13800000001";

const at = (id) => document.getElementById(id);
const button = at("call");
const stateLine = at("state");
const captions = at("captions");

let lang = "zh";
let call = null;
let shown = { word: "idle", meaning: "" };

const word = (name) => WORDS[lang][name] ?? name;

function show(name, meaning = "") {
  shown = { word: name, meaning };
  stateLine.textContent = word(name);
  stateLine.dataset.meaning = meaning;
}

function setLang(value) {
  lang = value;
  document.documentElement.lang = value;
  document.title = word("title");
  for (const element of document.querySelectorAll("[data-words]")) {
    element.textContent = word(element.dataset.words);
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", word(element.dataset.label));
  }
  const withheld = at("caller").querySelector('option[value=""]');
  if (withheld) {
    withheld.textContent = word("withheld");
  }
  at("lang").value = value;
  button.textContent = word(call ? "hang_up" : "call");
  show(shown.word, shown.meaning);
}

function setLevel(side, level) {
  if (!call) {
    return;
  }
  call.levels[side] = level;
  button.style.setProperty("--level", Math.min(1, Math.max(...Object.values(call.levels)) * 2).toFixed(2));
}

// One line a sentence; a partial one is replaced by what follows it.
function caption({ who, text, partial }) {
  const last = captions.lastElementChild;
  const goesOn = last?.dataset.who === who && last.dataset.partial === "true";
  const line = goesOn ? last : document.createElement("li");
  line.className = "phone-caption";
  line.dataset.who = who;
  line.dataset.partial = String(partial);
  const name = document.createElement("span");
  name.className = "phone-who";
  name.textContent = word(who === "caller" ? "you" : "service");
  line.replaceChildren(name, text);
  if (!goesOn) {
    captions.append(line);
  }
  captions.scrollTop = captions.scrollHeight;
}

// The names of the browser's errors tell what the person can do.
function microphoneFault(error) {
  if (!window.isSecureContext) {
    return "insecure";
  }
  return error?.name === "NotFoundError" ? "no_microphone" : "refused_microphone";
}

async function openMicrophone() {
  if (!navigator.mediaDevices) {
    throw new DOMException("", window.isSecureContext ? "NotFoundError" : "SecurityError");
  }
  const wanted = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  return navigator.mediaDevices.getUserMedia({ audio: wanted });
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/call/line`);
  socket.binaryType = "arraybuffer";
  return socket;
}

async function begin() {
  call = { socket: null, context: null, stream: null, levels: { caller: 0, service: 0 }, muted: false, told: null };
  const own = call;
  button.dataset.state = "calling";
  button.textContent = word("hang_up");
  captions.replaceChildren();
  at("hint").hidden = true;
  show("connecting");
  try {
    own.context = new AudioContext({ latencyHint: "interactive" });
    await own.context.audioWorklet.addModule("/call/sound.js");
    own.stream = await openMicrophone();
  } catch (error) {
    // Without a microphone a call by keys is still possible where there simply is none.
    const fault = microphoneFault(error);
    if (fault !== "no_microphone" || !own.context) {
      finish(own, fault, "danger");
      return;
    }
    own.told = fault;
    showKeys(true);
  }
  if (call !== own) {
    release(own);
    return;
  }
  talk(own);
}

function talk(own) {
  const socket = connect();
  own.socket = socket;
  const earpiece = new AudioWorkletNode(own.context, "earpiece", { outputChannelCount: [1] });
  earpiece.connect(own.context.destination);
  earpiece.port.onmessage = ({ data }) => setLevel("service", data.level);
  socket.onopen = () => {
    const caller = at("caller").value || null;
    socket.send(JSON.stringify({ type: "start", lang, caller }));
    const silence = new Int16Array(320).buffer;
    const send = (pcm) => {
      if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < 64000) {
        socket.send(pcm);
      }
    };
    if (own.stream) {
      const microphone = new AudioWorkletNode(own.context, "microphone", { numberOfOutputs: 0 });
      own.context.createMediaStreamSource(own.stream).connect(microphone);
      microphone.port.onmessage = ({ data }) => {
        setLevel("caller", own.muted ? 0 : data.level);
        send(own.muted ? silence : data.pcm);
      };
    } else {
      own.silence = setInterval(() => send(silence), 20);
    }
  };
  socket.onmessage = ({ data }) => {
    if (data instanceof ArrayBuffer) {
      earpiece.port.postMessage(data, [data]);
      return;
    }
    told(own, earpiece, JSON.parse(data));
  };
  socket.onclose = () => finish(own, "lost", "danger");
}

function told(own, earpiece, message) {
  switch (message.type) {
    case "answered":
      button.dataset.state = "talking";
      at("mute").disabled = !own.stream;
      if (message.by_keys) {
        showKeys(true);
      }
      show(own.told ?? (message.by_keys ? "by_keys" : "talking"), own.told || message.by_keys ? "notice" : "");
      break;
    case "clear":
      earpiece.port.postMessage("clear");
      break;
    case "caption":
      caption(message);
      break;
    case "refused":
      finish(own, message.reason, "danger");
      break;
    case "ended":
      finish(own, message.outcome === "transferred" ? "transferred" : message.outcome === "failed" ? "failed" : "ended");
      break;
  }
}

function release(own) {
  clearInterval(own.silence);
  own.stream?.getTracks().forEach((track) => track.stop());
  if (own.socket) {
    own.socket.onclose = null;
    own.socket.close();
  }
  // The last words are still in the earpiece.
  setTimeout(() => own.context?.close(), 1500);
}

function finish(own, name, meaning = "") {
  if (call !== own) {
    return;
  }
  setLevel("caller", 0);
  setLevel("service", 0);
  call = null;
  release(own);
  button.dataset.state = "idle";
  button.textContent = word("call");
  at("mute").disabled = true;
  at("mute").setAttribute("aria-pressed", "false");
  show(name, meaning);
}

function hangUp() {
  const own = call;
  if (own.socket?.readyState === WebSocket.OPEN) {
    own.socket.send(JSON.stringify({ type: "hang_up" }));
  }
  own.context?.suspend();
  finish(own, "ended");
}

function press(key) {
  if (call?.socket?.readyState === WebSocket.OPEN) {
    call.socket.send(JSON.stringify({ type: "key", key }));
  }
}

function showKeys(visible) {
  at("keys").hidden = !visible;
  at("keys-toggle").setAttribute("aria-expanded", String(visible));
}

async function prepare() {
  for (const key of KEYS) {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "phone-key";
    element.textContent = key;
    element.onclick = () => press(key);
    at("keys").append(element);
  }
  button.onclick = () => (call ? hangUp() : begin());
  at("keys-toggle").onclick = () => showKeys(at("keys").hidden);
  at("mute").onclick = () => {
    if (!call) {
      return;
    }
    call.muted = !call.muted;
    at("mute").setAttribute("aria-pressed", String(call.muted));
    show(call.muted ? "muted" : "talking", call.muted ? "notice" : "");
  };
  at("lang").onchange = ({ target }) => setLang(target.value);
  document.addEventListener("keydown", ({ key, target }) => {
    if (call && KEYS.includes(key) && target.tagName !== "SELECT") {
      press(key);
    }
  });
  const settings = await fetch("/call/settings").then((answer) => answer.json()).catch(() => ({ lang: "zh", names_caller: false }));
  if (settings.names_caller) {
    const choices = [...CUSTOMERS, ""].map((number) => new Option(number || word("withheld"), number, number === DEFAULT_CUSTOMER));
    at("caller").replaceChildren(...choices);
    at("caller-choice").hidden = false;
  }
  const asked = new URLSearchParams(location.search).get("lang");
  setLang(asked in WORDS ? asked : settings.lang in WORDS ? settings.lang : "zh");
}

prepare();
