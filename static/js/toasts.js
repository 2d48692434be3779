/* Short messages. From the server: HX-Trigger {"toast": {level, text, undo_url}} (or a list of them); from here: requests that failed.
   Level is success, info, warning or error. The text stays long enough to read and waits while it is pointed at or focused. */
(() => {
  "use strict";
  const box = document.getElementById("toasts");
  const live = document.getElementById("live");
  const template = document.getElementById("toast");
  if (!box || !template) return;
  const say = (text) => { live.textContent = ""; requestAnimationFrame(() => { live.textContent = text; }); };

  function stay(toast, seconds) {
    let timer;
    const start = () => { timer = setTimeout(() => toast.remove(), seconds * 1000); };
    const stop = () => clearTimeout(timer);
    for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
    for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, start);
    start();
  }

  function show({ level = "info", text = "", undo_url: undo = "" }) {
    const toast = template.content.firstElementChild.cloneNode(true);
    const alarming = level === "error" || level === "warning";
    toast.classList.add(level);
    toast.querySelectorAll("svg.i")[alarming ? 0 : 1].remove();
    toast.querySelector(".tx").textContent = text;
    const button = toast.querySelector("[data-toast-undo]");
    if (undo) button.addEventListener("click", () => { htmx.ajax("POST", undo, { source: document.body, swap: "none" }); toast.remove(); });
    else button.remove();
    // a modal dialog lies above everything else, so the message goes into it
    (document.querySelector("dialog[open] .toasts") ?? host()).append(toast);
    stay(toast, alarming || undo ? 12 : 7);
  }
  function host() {
    const dialog = document.querySelector("dialog[open]");
    if (!dialog) return box;
    const inner = document.createElement("div");
    inner.className = "toasts";
    inner.setAttribute("role", "status");
    dialog.append(inner);
    return inner;
  }

  document.body.addEventListener("toast", (event) => { for (const one of [event.detail.value ?? event.detail].flat()) show(one); });
  document.addEventListener("click", (event) => { if (event.target.closest?.("[data-toast-close]")) event.target.closest("[data-toast]").remove(); });
  for (const toast of box.querySelectorAll("[data-toast]")) stay(toast, 12);

  // What a failed request tells: the server's own words ([data-problem] in its answer), else a sentence for its status.
  function words(request) {
    const page = new DOMParser().parseFromString(request.responseText || "", "text/html");
    const status = request.status >= 500 ? 500 : request.status;
    return page.querySelector("[data-problem]")?.textContent.trim().replace(/\s+/g, " ") || box.dataset[`e${status}`] || box.dataset.e500;
  }
  const undone = (event) => { const input = event.detail.elt; if (input?.matches?.("input[type=checkbox]")) input.checked = input.defaultChecked; };
  document.addEventListener("htmx:responseError", (event) => { undone(event); show({ level: "error", text: words(event.detail.xhr) }); });
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, (event) => { undone(event); show({ level: "error", text: box.dataset.e0 }); });
  // A part that loads by itself, and the drawer, show the problem in place instead of waiting for ever. A refusal (422 that is not a
  // form with errors) must not take the place of the form.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (xhr.status < 400) return;
    const both = xhr.status === 409 && xhr.responseText.includes("<form"); // theirs beside yours, in the form itself
    const here = both || target.matches?.("#drawer-body:empty, [data-problem-here]");
    const refused = xhr.status === 422 && xhr.responseText.includes("data-problem");
    if (here) { event.detail.shouldSwap = true; event.detail.isError = false; }
    else if (refused) { event.detail.shouldSwap = false; undone(event); show({ level: "error", text: words(xhr) }); }
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const news = event.detail.elt.matches?.("[data-say]") ? event.detail.elt : event.detail.elt.querySelector?.("[data-say]");
    if (news) say(news.dataset.say);
  });
})();
