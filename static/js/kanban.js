/* Boards with columns. [data-kanban] holds the columns ([data-column="value"]) with their cards ([data-card], an id, data-url,
   data-version): a card is dragged, walks with the arrow keys, and Shift with an arrow moves it. A move posts `to` and `version` to
   its address; the answer is the whole board, and the card keeps the focus. What is refused stays where it was. Each card also has its
   own buttons, so nothing here is needed to move one. */
(() => {
  "use strict";
  const columns = (board) => [...board.querySelectorAll("[data-column]")];
  const cards = (column) => [...column.querySelectorAll("[data-card]")];
  let held = null; // the card that is dragged
  let moved = ""; // id of the card that moved last, to be focused in the new board

  function send(card, column) {
    const board = card.closest("[data-kanban]");
    if (!column || column === card.closest("[data-column]") || column.hasAttribute("data-closed")) return;
    moved = card.id;
    const values = { to: column.dataset.column, version: card.dataset.version };
    htmx.ajax("POST", card.dataset.url, { source: board, target: board, swap: "outerHTML", values });
  }
  function walk(card, key) {
    const all = columns(card.closest("[data-kanban]")), at = all.indexOf(card.closest("[data-column]"));
    const here = cards(all[at]), place = here.indexOf(card);
    if (key === "ArrowDown") return here[place + 1];
    if (key === "ArrowUp") return here[place - 1];
    const step = key === "ArrowRight" ? 1 : -1;
    for (let i = at + step; all[i]; i += step) if (cards(all[i]).length) return cards(all[i])[Math.min(place, cards(all[i]).length - 1)];
    return null;
  }

  document.addEventListener("keydown", (event) => {
    const card = event.target.closest?.("[data-kanban] [data-card]");
    if (!card || event.target !== card || !event.key.startsWith("Arrow") || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (!event.shiftKey) return walk(card, event.key)?.focus();
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const all = columns(card.closest("[data-kanban]"));
    if (step) send(card, all[all.indexOf(card.closest("[data-column]")) + step]);
  });
  document.addEventListener("click", (event) => {
    const card = event.target.closest?.("[data-kanban] [data-card] button[name=to]")?.closest("[data-card]");
    if (card) moved = card.id;
  });

  document.addEventListener("dragstart", (event) => {
    held = event.target.closest?.("[data-kanban] [data-card]") ?? null;
    if (!held) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", held.dataset.name ?? "");
    held.classList.add("held-now");
  });
  const over = (event) => {
    const column = held && event.target.closest?.("[data-column]");
    return column && column.closest("[data-kanban]") === held.closest("[data-kanban]") && !column.hasAttribute("data-closed") ? column : null;
  };
  function unmark() { for (const column of document.querySelectorAll("[data-column].over")) column.classList.remove("over"); }
  document.addEventListener("dragover", (event) => {
    const column = over(event);
    if (!column) return;
    event.preventDefault();
    if (!column.classList.contains("over")) { unmark(); column.classList.add("over"); }
  });
  document.addEventListener("drop", (event) => {
    const column = over(event);
    if (!column) return;
    event.preventDefault();
    send(held, column);
  });
  document.addEventListener("dragend", () => { unmark(); held?.classList.remove("held-now"); held = null; });

  document.addEventListener("htmx:afterSettle", () => {
    const card = moved && document.getElementById(moved);
    if (!card?.isConnected) return;
    moved = "";
    card.focus();
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
})();
