"use strict";

// Charts: the library is packed in the page; without it the pictures stay.
async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

const CLEAR = "rgba(0,0,0,0)";
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function themed(layout) {
  const look = { "font.color": colour("--ink"), paper_bgcolor: CLEAR, plot_bgcolor: CLEAR, "modebar.bgcolor": CLEAR };
  for (const name of Object.keys(layout)) {
    if (/^[xy]axis/.test(name)) {
      look[`${name}.gridcolor`] = colour("--line");
      look[`${name}.linecolor`] = colour("--faint");
    }
  }
  return look;
}

function addSwitch(chart, axes) {
  const button = document.createElement("button");
  let isLog = true;
  const show = () => { button.textContent = isLog ? "linear axis" : "logarithmic axis"; };
  button.type = "button";
  button.onclick = () => {
    isLog = !isLog;
    const change = {};
    for (const axis of axes) {
      change[`${axis}.type`] = isLog ? "log" : "linear";
      change[`${axis}.autorange`] = true;
    }
    Plotly.relayout(chart, change);
    show();
  };
  show();
  chart.before(button);
}

async function draw() {
  const packed = document.getElementById("library").textContent;
  if (!packed) return;
  const script = document.createElement("script");
  script.textContent = await unpack(packed);
  document.head.append(script);
  for (const source of document.querySelectorAll(".chart-data")) {
    const { data, layout, log_axes: logAxes } = JSON.parse(source.textContent);
    const chart = source.previousElementSibling;
    chart.replaceChildren();
    // On a phone its buttons would lie on the legend.
    const displayModeBar = window.innerWidth < 700 ? false : "hover";
    await Plotly.newPlot(chart, data, layout, { responsive: true, displaylogo: false, displayModeBar });
    await Plotly.relayout(chart, themed(layout));
    if (logAxes.length) addSwitch(chart, logAxes);
  }
  document.body.dataset.drawn = "yes";
}

document.getElementById("theme").onclick = () => {
  const root = document.documentElement;
  const isDark = getComputedStyle(root).colorScheme === "dark";
  root.dataset.theme = isDark ? "light" : "dark";
  for (const chart of document.querySelectorAll(".js-plotly-plot")) {
    Plotly.relayout(chart, themed(chart.layout));
  }
};

// What orders numbers also where no float is so small: 4e-735. Decades from far below, signed.
function magnitude(text) {
  const parts = /^([-+−]?)([\d.]+)(?:e([-+]?\d+))?/.exec(text.trim());
  if (!parts) return NaN;
  const size = Math.log10(parseFloat(parts[2])) + Number(parts[3] || 0);
  const above = Math.max(size, -1e5) + 1e5 + 1;
  return parts[1] && parts[1] !== "+" ? -above : above;
}

// Tables: a click on a heading sorts, words in the field filter.
function sortBy(table, heading, column) {
  const isUp = heading.getAttribute("aria-sort") !== "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", isUp ? "ascending" : "descending");
  const value = (row) => row.cells[column].textContent;
  const order = (a, b) => {
    const [x, y] = [magnitude(value(a)), magnitude(value(b))];
    return Number.isNaN(x) || Number.isNaN(y) ? value(a).localeCompare(value(b)) : x - y;
  };
  const rows = [...table.tBodies[0].rows].sort((a, b) => (isUp ? order(a, b) : order(b, a)));
  table.tBodies[0].append(...rows);
}

for (const section of document.querySelectorAll("section.table")) {
  const table = section.querySelector("table");
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.onclick = () => sortBy(table, heading, column);
    heading.replaceChildren(button);
  });
  const field = document.createElement("input");
  field.type = "search";
  field.placeholder = "filter rows";
  field.setAttribute("aria-label", "filter rows");
  field.oninput = () => {
    const words = field.value.toLowerCase().split(/\s+/);
    for (const row of table.tBodies[0].rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  };
  section.querySelector(".scroll").before(field);
}

draw();
