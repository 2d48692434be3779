/* Slides: arrow keys, space, Page Up and Down, Home, End, swipes; F for the whole screen. The address keeps the slide (#3). */
(() => {
  "use strict";
  const body = document.querySelector("[data-deck]");
  const slides = [...document.querySelectorAll(".slide")];
  const [back, next, full] = ["[data-back]", "[data-next]", "[data-full]"].map((name) => document.querySelector(name));
  const progress = document.querySelector("progress");
  const place = document.querySelector("[data-place]");
  let now = 0;

  function go(to, focus = true) {
    now = Math.max(0, Math.min(slides.length - 1, to));
    slides.forEach((slide, number) => slide.classList.toggle("now", number === now));
    progress.value = now + 1;
    place.textContent = body.dataset.slideOf.replace("%n", now + 1).replace("%all", slides.length);
    back.disabled = now === 0;
    next.disabled = now === slides.length - 1;
    history.replaceState(null, "", `#${now + 1}`);
    if (focus) slides[now].focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  const read = () => (parseInt(location.hash.slice(1), 10) || 1) - 1;
  const screen = () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());

  body.classList.add("moves");
  for (const button of [back, next]) button.hidden = false;
  full.hidden = !document.fullscreenEnabled;
  back.addEventListener("click", () => go(now - 1, false));
  next.addEventListener("click", () => go(now + 1, false));
  full.addEventListener("click", screen);
  addEventListener("hashchange", () => { if (read() !== now) go(read()); });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(".tw:focus")) return;
    const press = event.target.closest?.("a, button");
    const step = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1, " ": event.shiftKey ? -1 : 1 }[event.key];
    if (event.key === " " && press) return; // the key of the button
    if (step) go(now + step);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(slides.length - 1);
    else if (event.key.toLowerCase() === "f" && !full.hidden) screen();
    else return;
    event.preventDefault();
  });

  let start = null;
  document.addEventListener("touchstart", (event) => { start = event.changedTouches[0]; }, { passive: true });
  document.addEventListener("touchend", (event) => {
    const end = event.changedTouches[0];
    const [across, down] = [end.clientX - start.clientX, end.clientY - start.clientY];
    if (Math.abs(across) > 50 && Math.abs(across) > 2 * Math.abs(down)) go(now + (across < 0 ? 1 : -1), false);
  }, { passive: true });

  go(read(), false);
})();
