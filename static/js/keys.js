/* Single keys: / finds, L logs an activity (with the account of the row, data-log), J and K walk rows (Enter opens: the focus is on the row's link), a figure presses
   the row's choice of that place (data-choice), G and a letter goes, ? helps.
   Arrows walk the columns of a lineage. Never while typing or in a dialog; <html data-keys="off"> switches them off (WCAG 2.1.4). */
(() => {
  "use strict";
  if (document.documentElement.dataset.keys === "off") return;
  const typing = (element) => element.closest?.("input, select, textarea, [contenteditable], dialog[open], [popover]:popover-open");
  let going = 0;

  function row(step) {
    const links = [...document.querySelectorAll("#main tbody th[scope=row] a, #main [data-row] > a, #main a[data-row]")].filter((link) => link.checkVisibility());
    const at = links.findIndex((link) => link === document.activeElement || link.closest("tr, [data-row]")?.contains(document.activeElement));
    links[Math.max(0, Math.min(links.length - 1, at + step))]?.focus();
  }
  function lineage(link, key) {
    const column = link.closest("section"), links = [...column.querySelectorAll("li > a")], at = links.indexOf(link);
    if (key === "ArrowDown") links[at + 1]?.focus();
    else if (key === "ArrowUp") links[at - 1]?.focus();
    else if (key === "ArrowRight") link.click();
    else (column.previousElementSibling?.querySelector("[aria-current]") ?? column.previousElementSibling?.querySelector("li > a"))?.focus();
  }
  function log(row) {
    htmx.ajax("GET", row.dataset.log, { target: "#drawer-body", swap: "innerHTML" });
  }
  function find() {
    const field = [...document.querySelectorAll("#main [data-search]")].find((element) => element.checkVisibility());
    if (field) field.focus();
    else document.querySelector('[data-open="palette"]')?.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const key = event.key.toLowerCase();
    const step = event.target.closest?.(".mil li > a");
    const choice = /^[1-9]$/.test(key) && event.target.closest?.("tr")?.querySelectorAll("[data-choice]")[key - 1];
    if (Date.now() - going < 1200) { going = 0; document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click(); }
    else if (step && event.key.startsWith("Arrow")) lineage(step, event.key);
    else if (choice) choice.click();
    else if (key === "j") row(1);
    else if (key === "k") row(-1);
    else if (key === "g") going = Date.now();
    else if (key === "l" && event.target.closest?.("[data-log]")) log(event.target.closest("[data-log]"));
    else if (key === "l" && document.querySelector('[data-key="l"]')) document.querySelector('[data-key="l"]').click();
    else if (key === "/") find();
    else if (key === "?") document.getElementById("help")?.showModal();
    else return;
    event.preventDefault();
  });
})();
