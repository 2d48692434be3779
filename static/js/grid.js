/* A table of inputs that is used like a sheet: arrow keys and Enter move, pasted rows and columns fill the cells from here on. */
(() => {
  "use strict";
  const cellsOf = (table) => [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll("input")]);

  function place(input) {
    const cells = cellsOf(input.closest("[data-grid]"));
    const row = cells.findIndex((line) => line.includes(input));
    return { cells, row, column: cells[row].indexOf(input) };
  }

  document.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.closest("[data-grid]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const { cells, row, column } = place(input);
    const atStart = input.selectionStart === 0 && input.selectionEnd === 0;
    const atEnd = input.selectionStart === input.value.length && input.selectionEnd === input.value.length;
    const all = input.value && input.selectionEnd - input.selectionStart === input.value.length;
    const step = {
      ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [event.shiftKey ? -1 : 1, 0],
      ArrowLeft: atStart || all ? [0, -1] : null, ArrowRight: atEnd || all ? [0, 1] : null,
    }[event.key];
    if (!step) return;
    const next = cells[row + step[0]]?.[column + step[1]];
    event.preventDefault(); // Enter would send the form from the middle of a row
    if (next) { next.focus(); next.select(); }
  });

  document.addEventListener("paste", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.closest("[data-grid]")) return;
    const lines = event.clipboardData.getData("text").replace(/\r/g, "").replace(/\n+$/, "").split("\n").map((line) => line.split("\t"));
    if (lines.length === 1 && lines[0].length === 1) return; // one value: the browser's own paste
    event.preventDefault();
    const { cells, row, column } = place(input);
    lines.forEach((line, down) => line.forEach((text, across) => {
      const cell = cells[row + down]?.[column + across];
      if (cell) cell.value = text.trim();
    }));
  });
})();
