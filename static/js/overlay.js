/* Dialogs (drawer, help, modal) and popovers. <dialog> holds the focus and closes on Escape by itself; popovers are the browser's own. */
(() => {
  "use strict";
  const drawer = document.getElementById("drawer");
  const body = document.getElementById("drawer-body");
  let invoker = null; // the button that was pressed last, and how far from the top it stood when its popover opened
  let stood = 0;

  document.addEventListener("click", (event) => {
    const target = event.target;
    const button = target.closest?.("[data-open], [data-close], [popovertarget]");
    if (button?.matches("[popovertarget]")) invoker = button;
    else if (button?.matches("[data-open]")) document.getElementById(button.dataset.open)?.showModal();
    else if (button) button.closest("dialog")?.close();
    else if (target instanceof HTMLDialogElement && target.open) target.close(); // the backdrop
  }, true);

  // a partial swapped into #drawer-body opens the drawer; HX-Trigger: closeDrawer (or closeDialog) closes it
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== body || !body.childElementCount) return;
    const heading = body.querySelector("h2");
    if (heading) drawer.setAttribute("aria-label", heading.textContent.trim());
    if (!drawer.open) drawer.showModal();
  });
  drawer?.addEventListener("close", () => { if (window.htmx) htmx.swap(body, "", { swapStyle: "innerHTML" }); });
  document.body.addEventListener("closeDrawer", () => drawer.close());
  document.body.addEventListener("closeDialog", () => { for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close(); });

  // popovers stand below (or above) the button that opened them and never leave the window
  document.addEventListener("beforetoggle", (event) => {
    const pop = event.target;
    if (event.newState !== "open" || !invoker || invoker.getAttribute("popovertarget") !== pop.id) return;
    const at = invoker.getBoundingClientRect();
    stood = at.top;
    const width = Math.min(parseFloat(getComputedStyle(pop).width) || 268, innerWidth - 16);
    const above = at.bottom > innerHeight * 0.62;
    pop.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
    pop.style.top = above ? "auto" : `${at.bottom + 6}px`;
    pop.style.bottom = above ? `${innerHeight - at.top + 6}px` : "auto";
    pop.style.maxHeight = `${(above ? at.top : innerHeight - at.bottom) - 14}px`;
  }, true);
  // ... and close when it moves away from under them; the last event of a scroll from before the click moves nothing
  document.addEventListener("scroll", (event) => {
    if (invoker && Math.abs(invoker.getBoundingClientRect().top - stood) < 1) return;
    for (const pop of document.querySelectorAll("[popover]:popover-open")) if (!pop.contains(event.target)) pop.hidePopover();
  }, { capture: true, passive: true });
})();
