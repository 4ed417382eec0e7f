"use strict";
// Tables that sort and filter, and charts of runs that can be zoomed. All words and data
// come from the page; nothing is loaded.

const numbers = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const panels = JSON.parse(document.getElementById("panels").textContent);

// ---- tables ----

function valueOf(row, column) {
  const entry = row.cells[column];
  const value = entry.dataset.value;
  return value === undefined ? entry.textContent.trim() : Number(value);
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "number") return -1;
  if (typeof b === "number") return 1;
  return a.localeCompare(b, undefined, { numeric: true });
}

function sort(table, head) {
  const sign = head.ariaSort === "ascending" ? -1 : 1;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  rows.sort((a, b) => sign * compare(valueOf(a, head.cellIndex), valueOf(b, head.cellIndex)));
  body.append(...rows);
}

function filter(box) {
  const words = box.querySelector("input").value.toLowerCase().split(/\s+/);
  const rows = [...box.querySelector("tbody").rows];
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
  const shown = rows.filter((row) => !row.hidden).length;
  box.querySelector("output").textContent = shown < rows.length ? `${shown} / ${rows.length}` : "";
}

for (const box of document.querySelectorAll(".table")) {
  const table = box.querySelector("table");
  for (const button of table.querySelectorAll("thead button")) {
    button.addEventListener("click", () => sort(table, button.closest("th")));
  }
  box.querySelector("input")?.addEventListener("input", () => filter(box));
}

// ---- charts ----

const drawn = new Map(); // a chart's element -> its panels, as uPlot has them

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function written(value, unit) {
  if (value === null || value === undefined) return "–";
  return unit === "%" ? `${Math.round(100 * value)} %` : numbers.format(value);
}

const NEAR = 90; // px: the names of marks that are nearer stand in one line

function drawMarks(marks, named) {
  return (plot) => {
    const { ctx, bbox } = plot;
    const scale = devicePixelRatio;
    const right = bbox.left + bbox.width;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour("mark");
    ctx.lineWidth = scale;
    ctx.font = `${11 * scale}px system-ui, sans-serif`;
    const names = [];
    marks.forEach((mark, place) => {
      const at = plot.valToPos(mark.at_s, "x", true);
      if (at < bbox.left || at > right) return;
      ctx.setLineDash(place ? [] : [3 * scale, 3 * scale]);
      ctx.beginPath();
      ctx.moveTo(at, bbox.top);
      ctx.lineTo(at, bbox.top + bbox.height);
      ctx.stroke();
      const last = names[names.length - 1];
      if (last && at - last.at < NEAR * scale) last.text += `, ${mark.text}`;
      else names.push({ at, text: mark.text });
    });
    for (const { at, text } of named ? names : []) {
      const half = ctx.measureText(text).width / 2;
      ctx.textAlign = "center";
      ctx.fillText(text, Math.min(Math.max(at, bbox.left + half), right - half), bbox.top - 5 * scale);
    }
    ctx.restore();
  };
}

// All of a run is shown from its begin on, and to its last mark.
function wholeRun({ timeline, marks }) {
  const seconds = timeline.t_s;
  const last = seconds.length - 1;
  const end = Math.max(seconds[last] + timeline.step_s, ...marks.map((mark) => mark.at_s)) || 1;
  const half = timeline.step_s / 2;
  return (_, low, high) =>
    low <= seconds[0] + half && high >= seconds[last] + half ? [0, end] : [low, high];
}

function options(chart, panel, series, data, width) {
  const axis = { stroke: colour("quiet"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 }, font: "12px system-ui, sans-serif" };
  const least = panel.unit === "%" ? 1 : 0;
  const first = panel === panels.panels[0];
  return {
    width,
    height: panel.height,
    padding: [first && data.marks.length ? 20 : null, null, null, null],
    scales: { x: { time: false, range: wholeRun(data) }, y: { range: (_, low, high) => [0, Math.max(high * 1.08, least) || 1] } },
    cursor: { sync: { key: chart.id }, drag: { x: true, y: false }, y: false },
    series: [
      { label: panels.seconds, value: (_, value) => (value === null ? "–" : numbers.format(value)) },
      ...series.map((one) => ({
        label: one.label,
        stroke: colour(one.colour),
        dash: one.dash,
        width: 1.5,
        points: { show: data.timeline.t_s.length < 2 },
        value: (_, value) => written(value, panel.unit),
      })),
    ],
    axes: [
      { ...axis, size: 30 },
      { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => written(tick, panel.unit)) },
    ],
    hooks: {
      draw: [drawMarks(data.marks, first)],
      setScale: [(plot, key) => key === "x" && zoomAll(chart, plot)],
    },
  };
}

let zooming = false;
function zoomAll(chart, from) {
  if (zooming) return;
  zooming = true;
  const { min, max } = from.scales.x;
  for (const plot of drawn.get(chart)?.plots ?? []) {
    if (plot !== from) plot.setScale("x", { min, max });
  }
  zooming = false;
}

function draw(chart) {
  if (drawn.has(chart)) return;
  const data = JSON.parse(document.getElementById(chart.id.replace("chart-", "data-")).textContent);
  const { timeline } = data;
  const place = chart.querySelector(".panels");
  const middle = timeline.t_s.map((second) => second + timeline.step_s / 2);
  const plots = [];
  for (const panel of panels.panels) {
    const series = panel.series.filter((one) => timeline[one.name]);
    if (!series.length) continue;
    const box = document.createElement("div");
    const title = document.createElement("p");
    title.className = "panel-title";
    title.textContent = panel.title;
    box.append(title);
    place.append(box);
    const columns = [middle, ...series.map((one) => timeline[one.name])];
    plots.push(new uPlot(options(chart, panel, series, data, place.clientWidth), columns, box));
  }
  drawn.set(chart, { plots, middle });
  chart.dataset.drawn = plots.length;
}

function redraw() {
  for (const [chart, { plots }] of [...drawn]) {
    plots.forEach((plot) => plot.destroy());
    chart.querySelector(".panels").replaceChildren();
    drawn.delete(chart);
    draw(chart);
  }
}

// With the keyboard: arrows move along the run, + and - zoom, 0 shows all of it again.
function onKey(event) {
  const chart = event.currentTarget;
  const { plots, middle } = drawn.get(chart) ?? {};
  if (!plots?.length || event.target !== chart) return;
  const [first] = plots;
  const { min, max } = first.scales.x;
  const at = first.cursor.idx ?? -1;
  const zoomed = { "+": 0.5, "=": 0.5, "-": 2 }[event.key];
  if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
    const step = event.key === "ArrowRight" ? 1 : -1;
    const to = Math.min(Math.max(at + step, 0), middle.length - 1);
    first.setCursor({ left: first.valToPos(middle[to], "x"), top: 0 });
    chart.querySelector(".now").textContent = plots
      .flatMap((plot) => plot.series.slice(1).map((one, n) => `${one.label} ${one.value(plot, plot.data[n + 1][to])}`))
      .join(", ");
  } else if (zoomed) {
    const centre = at < 0 ? (min + max) / 2 : middle[at];
    const half = ((max - min) * zoomed) / 2;
    const low = Math.max(centre - half, middle[0]);
    first.setScale("x", { min: low, max: Math.min(centre + half, middle[middle.length - 1]) });
  } else if (event.key === "0") {
    first.setScale("x", { min: middle[0], max: middle[middle.length - 1] });
  } else {
    return;
  }
  event.preventDefault();
}

const charts = [...document.querySelectorAll(".chart")];
const seen = new IntersectionObserver(
  (entries) => entries.forEach((entry) => entry.isIntersecting && draw(entry.target)),
  { rootMargin: "600px" },
);
const sized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const width = target.querySelector(".panels").clientWidth;
    for (const plot of drawn.get(target)?.plots ?? []) {
      if (plot.width !== width) plot.setSize({ width, height: plot.height });
    }
  }
});
for (const chart of charts) {
  seen.observe(chart);
  sized.observe(chart);
  chart.addEventListener("keydown", onKey);
}

// The place that the address names stays in view while runs are laid out and drawn above
// it, until the reader does something.
let named = null;
function keepInView() {
  named?.scrollIntoView();
}
function goToNamed() {
  named = document.querySelector(":target");
  keepInView();
}
new ResizeObserver(keepInView).observe(document.querySelector("main"));
addEventListener("load", goToNamed);
addEventListener("hashchange", goToNamed);
for (const event of ["wheel", "touchstart", "pointerdown", "keydown"]) {
  addEventListener(event, () => (named = null), { capture: true, passive: true });
}
setTimeout(() => (named = null), 5000); // a reader may have moved the bar at the side
goToNamed();

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
matchMedia("print").addEventListener("change", redraw);
let closed = []; // what is closed again after printing
addEventListener("beforeprint", () => {
  charts.forEach(draw);
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const details of closed) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of closed) details.open = false;
});
