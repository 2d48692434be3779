/* Charts. <div data-chart="id of a json_script">: the figure has the light colours and no template; the template and, in the dark
   theme, the exchange of colours come from plotly-template.json. Loaded only by pages with charts (frame/charts.html). */
(() => {
  "use strict";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => root.dataset.theme === "dark" || (root.dataset.theme !== "light" && system.matches);
  const themes = fetch(document.currentScript.dataset.template).then((answer) => answer.json());
  const sizes = new ResizeObserver((entries) => { for (const { target } of entries) if (target.offsetWidth && target.classList.contains("js-plotly-plot")) Plotly.Plots.resize(target); });

  function paint(value, colours) {
    if (typeof value === "string") return colours.get(value) ?? value;
    if (Array.isArray(value)) return value.map((item) => paint(item, colours));
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, paint(item, colours)]));
    return value;
  }
  async function draw(scope = document, night = dark()) {
    const { light, dark: darker, tokens } = await themes;
    const colours = new Map(night ? Object.values(tokens) : []);
    const charts = [...scope.querySelectorAll("[data-chart]"), ...(scope.matches?.("[data-chart]") ? [scope] : [])];
    for (const chart of charts) {
      const spec = document.getElementById(chart.dataset.chart);
      if (!spec || !chart.isConnected || !chart.offsetWidth) continue;
      const figure = paint(JSON.parse(spec.textContent), colours);
      await Plotly.react(chart, figure.data, { ...figure.layout, template: night ? darker : light }, { displayModeBar: false, showTips: false });
      sizes.observe(chart);
    }
    root.dataset.charts = "drawn";
  }

  // the card's Table button: the same numbers, in the chart's place
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-table]");
    if (!button) return;
    const on = button.getAttribute("aria-pressed") !== "true";
    const chart = document.getElementById(button.dataset.table);
    button.setAttribute("aria-pressed", String(on));
    chart.hidden = on;
    document.getElementById(`${button.dataset.table}-table`).hidden = !on;
    if (!on) draw(chart);
  });

  document.addEventListener("htmx:afterSettle", (event) => draw(event.detail.elt));
  document.addEventListener("htmx:beforeCleanupElement", (event) => {
    if (!event.target.matches?.("[data-chart]")) return;
    sizes.unobserve(event.target);
    Plotly.purge(event.target);
  });
  new MutationObserver(() => draw()).observe(root, { attributeFilter: ["data-theme"] });
  system.addEventListener("change", () => draw());
  addEventListener("beforeprint", () => draw(document, false));
  addEventListener("afterprint", () => draw());
  if (document.readyState === "complete") draw();
  else addEventListener("load", () => draw());
})();
