// A list of contacts: looked at when it is chosen, taken over when that was pressed. The file goes as it is; the service reads it.

const lists = document.getElementById("lists");
const file = document.getElementById("file");
const looked = document.getElementById("looked");
const sent = document.getElementById("sent");

// Names this choice of a file, so that it is taken over once.
const name = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
let key = "";
let running;

function told(text) {
  const fault = document.createElement("p");
  fault.className = "fault";
  fault.setAttribute("role", "alert");
  fault.textContent = text;
  looked.replaceChildren(fault);
}

// fetch does not tell how much was sent.
function send(path, onDone) {
  running?.abort();
  const request = new XMLHttpRequest();
  running = request;
  request.open("POST", `/console/campaigns/${lists.dataset.campaign}/${path}`);
  request.setRequestHeader("X-Form-Token", lists.dataset.token);
  request.setRequestHeader("Idempotency-Key", key);
  request.setRequestHeader("Content-Type", "text/csv");
  request.upload.addEventListener("progress", (event) => {
    sent.hidden = event.loaded === event.total;
    sent.value = (100 * event.loaded) / event.total;
  });
  request.addEventListener("loadend", () => {
    sent.hidden = true;
    if (running !== request) {
      return;
    }
    if (request.status === 200) {
      looked.innerHTML = request.responseText;
      onDone?.();
    } else {
      told(request.status === 413 ? lists.dataset.large : lists.dataset.lost);
    }
  });
  request.send(file.files[0]);
}

file.addEventListener("change", () => {
  looked.replaceChildren();
  if (file.files.length > 0) {
    key = name();
    send("preview");
  }
});

looked.addEventListener("click", (event) => {
  const take = event.target.closest("[data-take]");
  if (take) {
    take.disabled = true;
    send("lists", () => { file.value = ""; });
  }
});
