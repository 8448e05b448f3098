(() => {
  "use strict";
  const view = document.getElementById("view");
  const state = document.getElementById("status");
  const live = document.getElementById("live");
  const refresh = async () => {
    const answer = await fetch("view", { cache: "no-store" });
    if (!answer.ok) return;
    view.innerHTML = await answer.text();
    const summary = document.getElementById("summary");
    if (state.textContent !== summary.textContent) state.textContent = summary.textContent;
  };
  const events = new EventSource("events");
  events.addEventListener("news", refresh);
  events.onopen = () => { live.hidden = false; };
  events.onerror = () => { live.hidden = true; };
  const form = document.getElementById("form");
  form.addEventListener("submit", async event => {
    event.preventDefault();
    await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
    await refresh();
  });
})();
