// What is said in a call as it is said: the service sends the conversation whenever it grows.

const watched = document.getElementById("watched");

if (watched?.dataset.captions) {
  const captions = new EventSource(watched.dataset.captions);
  captions.addEventListener("call", (event) => {
    const isAtEnd = innerHeight + scrollY >= document.body.scrollHeight - 80;
    watched.innerHTML = event.data;
    if (isAtEnd) {
      scrollTo({ top: document.body.scrollHeight });
    }
    if (watched.querySelector('.pill[data-state="done"]')) {
      captions.close();
    }
  });
  captions.addEventListener("error", () => {
    if (captions.readyState === EventSource.CLOSED && !watched.querySelector('.pill[data-state="done"]')) {
      const lost = document.createElement("p");
      lost.className = "fault";
      lost.textContent = watched.dataset.lost;
      watched.prepend(lost);
    }
  });
}
