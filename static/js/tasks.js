/* Lists of tasks: X selects the row, E ticks it (or all that are selected), S snoozes, N makes one. On a narrow window a task opens
   in the drawer instead of the pane beside the list. The keys stay quiet where <html data-keys="off">, like those of keys.js. */
(() => {
  "use strict";
  const wide = matchMedia("(min-width: 1181px)");
  const rows = () => [...document.querySelectorAll("[data-task]")].filter((row) => row.checkVisibility());
  const links = () => rows().map((row) => row.querySelector("a[hx-get]")).filter(Boolean);
  const current = () => document.activeElement?.closest?.("[data-task]") ?? document.querySelector("[data-task].open");
  const boxes = () => [...document.querySelectorAll('#tasks-found input[name="ids"]')];

  function count() {
    const found = document.querySelector("[data-selected]");
    if (found) found.textContent = boxes().filter((box) => box.checked).length;
  }
  function mark(link) {
    for (const row of document.querySelectorAll("[data-task].open")) row.classList.remove("open");
    link.closest("[data-task]")?.classList.add("open");
  }
  function step(by) {
    const all = links(), at = all.findIndex((link) => link.closest(".open"));
    const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
    if (next) { next.focus(); next.click(); }
  }
  function done(row) {
    if (boxes().some((box) => box.checked)) document.querySelector("[data-bulk-done]")?.click();
    else row?.querySelector(".tick")?.click();
  }
  function snooze(row) {
    const box = row?.querySelector(".sq");
    if (box && !boxes().some((one) => one.checked)) { box.checked = true; count(); }
    const button = document.querySelector("[data-bulk-snooze]");
    if (!button && !document.getElementById("task-pane")) return drawer(row);
    if (!button?.checkVisibility()) return document.querySelector("#task-pane [data-snooze]")?.focus();
    button.click();
    document.querySelector("#bulk-snooze button")?.focus();
  }

  // Where tasks stand without a pane and without many at once (Today): the drawer opens at the moments to snooze.
  async function drawer(row) {
    const link = row?.querySelector("a[hx-get]");
    if (!link) return;
    await htmx.ajax("GET", link.getAttribute("hx-get"), { target: "#drawer-body", swap: "innerHTML" });
    document.querySelector("#drawer-body [data-snooze]")?.focus();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[hx-target="#task-pane"]');
    if (event.target.closest?.("[data-task-step]")) return step(Number(event.target.closest("[data-task-step]").dataset.taskStep));
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    mark(link);
    if (wide.matches) return;
    event.preventDefault();
    event.stopPropagation();
    htmx.ajax("GET", link.getAttribute("hx-get"), { target: "#drawer-body", swap: "innerHTML" });
  }, true);
  document.addEventListener("change", (event) => { if (event.target.matches?.('[name="ids"]')) count(); });
  document.addEventListener("reset", () => setTimeout(count));
  document.addEventListener("htmx:afterSettle", (event) => {
    count();
    // the row that was pressed may be gone: the next one takes its place
    if (event.detail.elt.id === "tasks-found" && document.activeElement === document.body) links()[0]?.focus();
  });
  // A list that loads anew may take a button away whose answer is still on its way: its news reach the page all the same.
  document.addEventListener("htmx:beforeRequest", ({ detail: { elt, xhr } }) => xhr.addEventListener("load", () => {
    if (elt.isConnected) return;
    const news = JSON.parse(xhr.getResponseHeader("HX-Trigger") || "{}");
    for (const [name, detail] of Object.entries(news)) document.body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }));
  document.addEventListener("htmx:afterRequest", (event) => { if (event.target.matches?.("[data-bulk]")) event.target.closest("[popover]")?.hidePopover(); });

  if (document.documentElement.dataset.keys === "off") return;
  let going = 0; // G and a letter is a way to a page: its letter is none of ours
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.('input:not([type="checkbox"]), select, textarea, dialog[open], [popover]:popover-open')) return;
    const key = event.key.toLowerCase(), row = current();
    if (Date.now() - going < 1200) { going = 0; return; }
    if (key === "g") { going = Date.now(); return; }
    if (key === "x" && row) row.querySelector(".sq")?.click();
    else if (key === "e" && (row || boxes().some((box) => box.checked))) done(row);
    else if (key === "s" && (row || boxes().some((box) => box.checked))) snooze(row);
    else if (key === "n") document.querySelector('[data-key="n"]')?.click();
    else return;
    event.preventDefault();
  }, true);
})();
