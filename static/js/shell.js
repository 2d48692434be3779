/* The frame: theme, navigation on small screens, submits that show they are busy, copy buttons. Delegated, so that swapped parts work too. */
(() => {
  "use strict";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => root.dataset.theme === "dark" || (root.dataset.theme !== "light" && system.matches);

  // theme: shown at once, kept on the user by the server
  function switchTheme(button) {
    root.dataset.theme = isDark() ? "light" : "dark";
    if (button.dataset.url) htmx.ajax("POST", button.dataset.url, { source: button, swap: "none", values: { theme: root.dataset.theme } });
  }

  // navigation below 761 px: a sheet over the page; the page behind is inert, so focus stays inside
  const side = document.getElementById("side");
  const scrim = document.querySelector("[data-nav-close]");
  function navigation(open) {
    const button = document.querySelector("[data-nav]");
    if (!side || !button || side.hasAttribute("data-open") === open) return;
    side.toggleAttribute("data-open", open);
    scrim.hidden = !open;
    document.querySelector(".content").inert = open;
    button.setAttribute("aria-expanded", String(open));
    (open ? side.querySelector("a, button") : button).focus();
  }

  async function copy(button) {
    const source = document.querySelector(button.dataset.copy);
    await navigator.clipboard.writeText(source ? (source.value ?? source.textContent).trim() : button.dataset.copy);
    document.body.dispatchEvent(new CustomEvent("toast", { detail: { level: "success", text: button.dataset.copied } }));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-theme-toggle], [data-nav], [data-nav-close], [data-copy]");
    if (!button) return;
    if (button.matches("[data-theme-toggle]")) switchTheme(button);
    else if (button.matches("[data-nav]")) navigation(true);
    else if (button.matches("[data-nav-close]")) navigation(false);
    else copy(button);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open], [popover]:popover-open")) navigation(false);
  });
  matchMedia("(min-width: 761px)").addEventListener("change", () => navigation(false));

  // <button data-busy="Saving">: one press, one request; the word replaces the label until the answer
  function busy(button, on) {
    if (on && !button.hasAttribute("aria-busy")) {
      button.setAttribute("aria-busy", "true");
      if (button.dataset.busy) { button.dataset.label = button.innerHTML; button.textContent = button.dataset.busy; }
    } else if (!on && button.hasAttribute("aria-busy")) {
      button.removeAttribute("aria-busy");
      if (button.dataset.label) { button.innerHTML = button.dataset.label; delete button.dataset.label; }
    }
  }
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button?.hasAttribute("data-busy")) return;
    if (button.hasAttribute("aria-busy")) event.preventDefault();
    else busy(button, true);
  });
  const release = (scope) => { for (const button of scope.querySelectorAll("[data-busy][aria-busy]")) busy(button, false); };
  document.addEventListener("htmx:afterRequest", (event) => release(event.target.closest?.("form") ?? document));
  addEventListener("pageshow", () => release(document));

  if (/Mac|iP(hone|ad)/.test(navigator.platform)) for (const key of document.querySelectorAll("[data-mod]")) key.textContent = `⌘ ${key.dataset.mod}`;
})();
